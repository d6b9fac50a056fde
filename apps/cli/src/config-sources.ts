import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { applyPreset, CONFIG_KEYS, ConfigError, DEFAULT_PRESET, PRESET_NAMES, runConfigSchema } from '@layerline/plan';
import type { PartialRunConfig, PresetName, RunConfig } from '@layerline/plan';
import { closest, distance } from 'fastest-levenshtein';
import { parse as parseYaml } from 'yaml';
import { flagOf, readValue, TRAIN_OPTIONS, variableOf } from './train-options.js';

/** Looked for in the working folder when no file is named. */
const CONFIG_FILES = ['layerline.config.json', 'layerline.config.yaml', 'layerline.config.yml'];
/** A key further than this from every known one is not taken for a slip of the pen. */
const TYPO_DISTANCE = 4;

/** What one place has set, and how that place calls a key. */
interface Source {
  readonly values: Readonly<Record<string, unknown>>;
  readonly nameOf: (key: string) => string;
}

/** Where a config comes from, beside the preset. */
export interface ConfigInputs {
  /** Values of the command line by key, as the user wrote them. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The config file that the user names. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/**
 * The config of a run: the command line before the config file before the environment before the preset.
 * @throws ConfigError that names the place and the field
 */
export function resolveConfig(inputs: ConfigInputs): { config: RunConfig; preset: PresetName } {
  const sources = [fromEnvironment(inputs.environment), fromFile(inputs), fromOptions(inputs.options)];
  let preset: PresetName = DEFAULT_PRESET;
  let given: PartialRunConfig = {};
  for (const source of sources) {
    if (source === undefined) continue;
    const { preset: chosen, ...values } = source.values;
    if (chosen !== undefined) preset = checkPreset(chosen, source);
    given = { ...given, ...check(values, source) };
  }
  return { config: applyPreset(preset, given), preset };
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
    const text = environment[variableOf(key)];
    if (text !== undefined && text !== '') values[key] = readValue(kind, text);
  }
  const preset = environment[variableOf('preset')];
  return { values: preset ? { ...values, preset } : values, nameOf: variableOf };
}

function fromFile({ file, workingDirectory }: ConfigInputs): Source | undefined {
  const found = file ?? CONFIG_FILES.find((name) => existsSync(join(workingDirectory, name)));
  if (found === undefined) return undefined;
  const values = readConfigFile(resolve(workingDirectory, found), found);
  const known = ['preset', ...CONFIG_KEYS];
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    const nearest = closest(key, known);
    const hint =
      distance(key, nearest) <= TYPO_DISTANCE ? `Did you mean "${nearest}"?` : `Known keys: ${known.join(', ')}`;
    throw new ConfigError(`${found}: unknown key "${key}". ${hint}`);
  }
  return { values, nameOf: (key) => `${found}: ${key}` };
}

function readConfigFile(path: string, name: string): Record<string, unknown> {
  let content: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    content = path.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/:?\n[^]*/, '');
    throw new ConfigError(`${name}: cannot be read: ${reason}`, { cause: error });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${name}: holds no keys and values`);
  }
  return content as Record<string, unknown>;
}

function checkPreset(preset: unknown, source: Source): PresetName {
  const found = PRESET_NAMES.find((name) => name === preset);
  if (found !== undefined) return found;
  throw new ConfigError(
    `${source.nameOf('preset')}: there is no preset ${String(preset)}. Take ${PRESET_NAMES.join(', ')}`,
  );
}

function check(values: Record<string, unknown>, source: Source): PartialRunConfig {
  const result = runConfigSchema.partial().safeParse(values);
  if (result.success) return definedOf(result.data);
  const issue = result.error.issues[0];
  const [key = '', ...rest] = issue?.path ?? [];
  const place =
    typeof rest[0] === 'number' ? ` (number ${rest[0] + 1})` : rest.length > 0 ? ` (${String(rest[0])})` : '';
  const given = issue?.path.reduce((value: unknown, step) => (value as Record<PropertyKey, unknown>)[step], values);
  const expected = (issue?.message ?? '').replace(/^Invalid (input|option): |, received \w+$/g, '');
  const received = given === undefined ? '' : `, not ${JSON.stringify(given)}`;
  throw new ConfigError(`${source.nameOf(String(key))}${place}: ${expected}${received}`);
}

/** Leaves out keys without a value. */
function definedOf(values: { readonly [Key in keyof PartialRunConfig]: RunConfig[Key] | undefined }): PartialRunConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
