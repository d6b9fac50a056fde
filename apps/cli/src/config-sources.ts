import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { DATASET_NAMES } from '@layerline/datasets';
import {
  applyPreset,
  changeConfig,
  CONFIG_KEYS,
  ConfigError,
  DEFAULT_PRESET,
  PRESET_NAMES,
  PRESETS,
  runConfigSchema,
} from '@layerline/plan';
import type { PartialRunConfig, PresetName, RunConfig } from '@layerline/plan';
import { choiceInWords, expectation } from '@layerline/protocol';
import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { readConfigFile } from './config-file.js';
import { splitLayers } from './config-layers.js';
import { printableLine } from './display/printable.js';
import { isKnownDataset } from './known-datasets.js';
import { expandHome, variable } from './environment.js';
import type { Environment } from './environment.js';
import { flagOf, PATH_KEYS, readValue, TRAIN_OPTIONS, variableOf } from './train-options.js';

/** Looked for in the working directory if no file is named. */
const CONFIG_FILES = ['layerline.config.json', 'layerline.config.yaml', 'layerline.config.yml'];
/** A key further than this from every known one is not taken for a typo. */
const TYPO_DISTANCE = 4;
/** Longest quotation of a value in a message. */
const MOST_CHARACTERS = 100;

/** What one source sets, and what it calls a key. */
interface Source {
  readonly values: Readonly<Record<string, unknown>>;
  readonly nameOf: (key: string) => string;
}

/** Where a config comes from, besides the preset. */
export interface ConfigInputs {
  /** Values from the command line by key, as the user wrote them. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The config file that the user names. */
  readonly file: string | undefined;
  /** The config of a run, which takes the place of presets, config files and variables. */
  readonly from?: RunConfig | undefined;
  readonly environment: Environment;
  readonly workingDirectory: string;
}

/**
 * The config of a run on this machine: as {@link gatherConfig}, with those paths made absolute that are needed to resume
 * the run, perhaps from another working directory. `out` stays as it is: a run is found by its own folder, wherever that
 * is by then.
 * @throws ConfigError that names the source and the field
 */
export function resolveConfig(inputs: ConfigInputs): Gathered {
  const { config, preset } = gatherConfig(inputs);
  const toAbsolute = (path: string): string => resolve(inputs.workingDirectory, path);
  const dataset = isKnownDataset(config.dataset) ? config.dataset : toAbsolute(expandHome(config.dataset));
  if (!isKnownDataset(config.dataset) && !existsSync(dataset)) {
    throw new ConfigError(
      `There is neither a data set nor a file or folder ${quoted(config.dataset)}: take --dataset auto, ` +
        `${DATASET_NAMES.join(', ')}, or a path`,
    );
  }
  return { config: { ...config, dataset, ...mapPaths(config, ['dataDir', 'snapshotDir'], toAbsolute) }, preset };
}

/** A config, and the preset that it goes by; undefined for one that goes by another run. */
interface Gathered {
  readonly config: RunConfig;
  readonly preset: PresetName | undefined;
}

/** What of a run's config says where it was, and not what it learned: the next one has its own. */
const PLACES = ['out', 'port', 'singleProcess'] as const;

/**
 * The config of a run: the command line overrides the config file, which overrides the environment, which overrides the
 * preset. Paths are as the user gave them, except that a leading `~` is expanded.
 * @throws ConfigError that names the source and the field
 */
export function gatherConfig(inputs: ConfigInputs): Gathered {
  const { from, options } = inputs;
  if (from !== undefined) return { config: changeConfig(from, changesOf(inputs)), preset: undefined };
  const sources = [fromEnvironment(inputs.environment), fromFile(inputs), fromOptions(options)];
  let preset: PresetName = DEFAULT_PRESET;
  let given: PartialRunConfig = {};
  for (const source of sources) {
    if (source === undefined) continue;
    const { preset: chosen, ...values } = source.values;
    if (chosen !== undefined) preset = checkPreset(chosen, source);
    const checked = check(values, source);
    given = { ...given, ...checked, ...mapPaths(checked, PATH_KEYS, expandHome) };
  }
  return { config: applyPreset(preset, given), preset };
}

/**
 * What the next run has in another way than the one whose config it takes: what the user says, and its places.
 * @throws ConfigError for another source of all settings
 */
function changesOf({ options, file, environment }: ConfigInputs): PartialRunConfig {
  for (const [key, given] of Object.entries({ config: file, preset: options['preset'] })) {
    if (given === undefined) continue;
    throw new ConfigError(`${key}: a run takes all of its settings from --from RUN, or none: leave out one of the two`);
  }
  const surroundings = fromEnvironment(environment);
  const places: Record<string, unknown> = {};
  for (const key of PLACES) places[key] = surroundings.values[key] ?? PRESETS[DEFAULT_PRESET][key];
  const said = fromOptions(options);
  const changes = { ...check(places, surroundings), ...check({ ...said.values }, said) };
  return { ...changes, ...mapPaths(changes, PATH_KEYS, expandHome) };
}

/** The paths that a config sets, each mapped to another. */
function mapPaths(
  config: PartialRunConfig,
  keys: readonly (typeof PATH_KEYS)[number][],
  change: (path: string) => string,
): PartialRunConfig {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const path = config[key];
      return path === undefined ? [] : [[key, change(path)]];
    }),
  );
}

function fromOptions(options: ConfigInputs['options']): Source {
  const values = Object.entries(options).flatMap(([key, text]) => {
    const option = TRAIN_OPTIONS.find((candidate) => candidate.key === key);
    if (text === undefined) return [];
    return [[key, option === undefined || typeof text === 'boolean' ? text : readValue(option.kind, text)]];
  });
  return { values: Object.fromEntries(values) as Record<string, unknown>, nameOf: flagOf };
}

function fromEnvironment(environment: ConfigInputs['environment']): Source {
  const values: Record<string, unknown> = {};
  for (const { key, kind } of TRAIN_OPTIONS) {
    const text = variable(variableOf(key), environment);
    if (text !== undefined) values[key] = readValue(kind, text);
  }
  const preset = variable(variableOf('preset'), environment);
  return { values: preset === undefined ? values : { ...values, preset }, nameOf: variableOf };
}

function fromFile({ file, workingDirectory }: ConfigInputs): Source | undefined {
  const found = file ?? findFile(workingDirectory);
  if (found === undefined) return undefined;
  const name = printableLine(found);
  const values = readConfigFile(resolve(workingDirectory, found), name);
  const known = ['preset', ...CONFIG_KEYS];
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    const nearest = closest(key, known);
    const hint =
      distance(key, nearest) <= TYPO_DISTANCE ? `Did you mean "${nearest}"?` : `Known keys: ${known.join(', ')}`;
    throw new ConfigError(`${name}: unknown key ${quoted(key)}. ${hint}`);
  }
  return { values: splitLayers(values, name), nameOf: (key) => `${name}: ${key}` };
}

/** @throws ConfigError if there are several: only the user knows which is meant */
function findFile(workingDirectory: string): string | undefined {
  let entries: readonly string[] = [];
  try {
    entries = readdirSync(workingDirectory);
  } catch {
    // A folder that cannot be listed is treated as one without a config file.
  }
  const [found, another] = CONFIG_FILES.filter((name) => entries.includes(name));
  if (another === undefined) return found;
  throw new ConfigError(`There are ${found} and ${another} here: keep only one, or choose one with --config`);
}

function checkPreset(preset: unknown, source: Source): PresetName {
  const found = PRESET_NAMES.find((name) => name === preset);
  if (found !== undefined) return found;
  const place = source.nameOf('preset');
  throw new ConfigError(`${place}: there is no preset ${quoted(preset)}: choose ${choiceInWords(PRESET_NAMES)}`);
}

function check(values: Record<string, unknown>, source: Source): PartialRunConfig {
  const schema = runConfigSchema.partial();
  const result = schema.safeParse(values);
  if (result.success) return definedOf(result.data);
  const [issue] = result.error.issues as [z.core.$ZodIssue];
  const [key = '', ...rest] = issue.path;
  const place =
    typeof rest[0] === 'number'
      ? ` (number ${rest[0] + 1})`
      : rest.length > 0
        ? ` (${printableLine(String(rest[0]))})`
        : '';
  const given = issue.path.reduce((value: unknown, step) => (value as Record<PropertyKey, unknown>)[step], values);
  const received = given === undefined || issue.code === 'unrecognized_keys' ? '' : `, not ${quoted(given)}`;
  const expected = printableLine(expectation(schema, issue));
  throw new ConfigError(`${source.nameOf(String(key))}${place}: ${expected}${received}`);
}

/** A value in a form fit for a message, whatever it is: infinite, deeply nested or very long. */
function quoted(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 1, compact: true, breakLength: Infinity, maxArrayLength: 5, maxStringLength: 50 });
  return printableLine(text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
}

/** Leaves out keys without a value. */
function definedOf(values: { readonly [Key in keyof PartialRunConfig]: RunConfig[Key] | undefined }): PartialRunConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
