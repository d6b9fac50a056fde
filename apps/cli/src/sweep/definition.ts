import { createHash } from 'node:crypto';
import { fold, integer, randomKey, uniform } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import { CONFIG_KEYS, ConfigError } from '@layerline/plan';
import { expectation } from '@layerline/protocol';
import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { readConfigFile } from '../config-file.js';
import { printableLine } from '../display/printable.js';

const range = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    /** Numbers of each order of magnitude are as likely with `log`. */
    scale: z.enum(['linear', 'log']).default('linear'),
    whole: z.boolean().default(false),
  })
  .refine(({ from, to, scale }) => from < to && (scale === 'linear' || from > 0), {
    error: 'has to have from below to, and with a log scale from above 0',
  });
type NumberRange = z.infer<typeof range>;

const settings = z.record(z.string(), z.unknown());
const EXPECTED = 'has to be a list of values, or numbers from … to';
const choices = z.union([z.array(z.unknown()).min(1, EXPECTED), range], { error: EXPECTED });

const definitionSchema = z.strictObject({
  /** Of the folder that gets its runs. */
  name: z
    .string()
    .regex(/^\w[\w.-]{0,59}$/, 'has to be 1 to 60 letters, digits, ".", "_" and "-", and cannot begin with "." or "-"')
    .optional(),
  /** Settings that all runs have, as in a config file of layerline train; `preset` among them. */
  base: settings.default({}),
  /** What they differ in: values by the key of a config. */
  vary: z.record(z.string(), choices),
  search: z.enum(['grid', 'random']).default('grid'),
  /** How many settings a random search tries. */
  trials: z.number().int().min(1).max(10_000).optional(),
  /** Each setting is tried with each. */
  seeds: z.array(z.number().int().min(0)).min(1).default([1]),
  /** Of the random search itself. */
  searchSeed: z.number().int().min(0).default(1),
  /** When a trial ends early: see `MedianRule`. */
  stop: z
    .union([
      z.literal('never'),
      z.strictObject({
        /** Epochs that every trial gets. */
        after: z.number().int().min(1).default(2),
        /** Others to compare with. */
        others: z.number().int().min(1).default(4),
      }),
    ])
    .default({ after: 2, others: 4 }),
});

/** A sweep as its file defines it. */
export type SweepDefinition = z.infer<typeof definitionSchema>;

/** One training of a sweep. */
export interface Trial {
  /** The same for the same settings and seed, whatever else is in the sweep. */
  readonly id: string;
  /** What it has in another way than others: values by the key of a config. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** All of its settings, as in a config file. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Most settings of one sweep, each of which is tried with all seeds. */
const MOST_TRIALS = 10_000;

/** Reads a sweep's file, YAML or JSON. @param name of the file, for messages @throws ConfigError that says what is wrong with it */
export function readDefinition(path: string, name: string): SweepDefinition {
  const result = definitionSchema.safeParse(readConfigFile(path, name));
  if (!result.success) {
    const [issue] = result.error.issues as [z.core.$ZodIssue];
    const place = printableLine(issue.path.join('.') || 'the file');
    throw new ConfigError(`${name}: ${place}: ${printableLine(expectation(definitionSchema, issue))}`);
  }
  const definition = result.data;
  for (const [place, keys] of [
    ['base', Object.keys(definition.base)] as const,
    ['vary', Object.keys(definition.vary)] as const,
  ]) {
    for (const key of keys) checkKey(key, `${name}: ${place}`);
  }
  const twice = Object.keys(definition.vary).find((key) => key in definition.base);
  if (twice !== undefined) throw new ConfigError(`${name}: ${twice} is both in base and in vary: keep one`);
  if (typeof definition.base['validation'] !== 'number' || definition.base['validation'] < 1) {
    throw new ConfigError(
      `${name}: base: it has no validation: give the number of training rows to hold out, since the test set is not for choosing`,
    );
  }
  return definition;
}

function checkKey(key: string, place: string): void {
  if (key === 'seed') throw new ConfigError(`${place}: give seeds beside it, for all trials alike`);
  const known = ['preset', ...CONFIG_KEYS];
  if (known.includes(key)) return;
  throw new ConfigError(`${place}: unknown key "${printableLine(key)}". Did you mean "${closest(key, known)}"?`);
}

/** All trials of a sweep, setting by setting, each with all seeds. @throws ConfigError where there are too many, or no number of them */
export function trialsOf(definition: SweepDefinition): Trial[] {
  const { base, seeds } = definition;
  const settings = definition.search === 'grid' ? gridOf(definition) : drawnFrom(definition);
  const trials = settings.flatMap((own) =>
    seeds.map((seed): Trial => {
      const config = { ...base, ...own, seed };
      const sorted = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
      const id = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
      return { id, settings: own, seed, config };
    }),
  );
  return [...new Map(trials.map((trial) => [trial.id, trial])).values()];
}

function gridOf({ vary }: SweepDefinition): Record<string, unknown>[] {
  let grid: Record<string, unknown>[] = [{}];
  for (const [key, values] of Object.entries(vary)) {
    if (!Array.isArray(values)) {
      throw new ConfigError(`vary: ${key}: a grid takes a list of values: take search: random for numbers from … to`);
    }
    grid = grid.flatMap((settings) => values.map((value: unknown) => ({ ...settings, [key]: value })));
    if (grid.length > MOST_TRIALS) throw new ConfigError(`vary: a grid of more than ${MOST_TRIALS} trials`);
  }
  return grid;
}

function drawnFrom({ vary, trials, searchSeed }: SweepDefinition): Record<string, unknown>[] {
  if (trials === undefined) throw new ConfigError('trials: a random search needs to know how many');
  return Array.from({ length: trials }, (_, trial) => {
    const key = fold(randomKey(searchSeed), trial);
    const drawn = Object.entries(vary).map(([name, values], place) => [name, draw(values, key, place)] as const);
    return Object.fromEntries(drawn);
  });
}

function draw(values: NumberRange | unknown[], key: RandomKey, place: number): unknown {
  if (Array.isArray(values)) return values[integer(key, place, values.length)];
  const { from, to, scale, whole } = values;
  const share = uniform(key, place);
  const number = scale === 'log' ? from * (to / from) ** share : from + share * (to - from);
  // Four digits: as many as people want to read.
  return whole ? Math.round(number) : Number(number.toPrecision(4));
}
