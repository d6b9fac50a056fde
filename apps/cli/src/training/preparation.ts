import { availableParallelism } from 'node:os';
import { resolveDataset, trainingImages } from '@layerline/datasets';
import type { DownloadProgress } from '@layerline/datasets';
import type { Engine, EngineOptions } from '@layerline/engine';
import { chooseEngine, openBackend } from '@layerline/pipeline';
import { ConfigError, makePlan, threadsPerLayer } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import { checkResumable, findRun } from '../run-lookup.js';
import { flagOf } from '../train-options.js';

/** A run that could begin: everything that the config left open is settled, and nothing is written yet. */
export interface Preparation {
  readonly config: RunConfig;
  readonly plan: Plan;
  /** Open, for the numerics and, in a single process, for the training itself. */
  readonly engine: Engine;
  /** Of a run that is taken up again. */
  readonly again?: Again;
}

/** A run that is there already. */
export interface Again {
  readonly folder: string;
  /** From a process that still seems to be at work on it. */
  readonly takeOver: boolean;
}

/**
 * Settles data, engine and plan.
 * @param say told in one line each which data and which engine, and why
 * @throws the typed errors of datasets, engines and config
 */
export async function prepare(
  config: RunConfig,
  hooks: {
    readonly say: (line: string) => void;
    readonly progress: (progress: DownloadProgress) => void;
    readonly signal: AbortSignal;
  },
): Promise<Preparation> {
  const { reference, reason } = await resolveDataset(config.dataset, {
    dataDirectory: config.dataDir,
    onProgress: hooks.progress,
    signal: hooks.signal,
  });
  hooks.say(`Data: ${reason}`);
  const options = engineOptions(config);
  const { engine, backend, passedOver } = await chooseEngine(config.engine, options);
  try {
    for (const why of passedOver) hooks.say(why);
    hooks.say(`Engine: ${backend} ${engine.identity.version}, ${count(options.threads, 'thread')} for each operation`);
    const plan = makePlan(config, {
      dataset: reference,
      trainRows: trainingImages(reference),
      engine: { backend, ...options },
    });
    return { config, plan, engine };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Options that may be given again to a run that is taken up; everything else is as it was. */
const AGAIN: ReadonlySet<string> = new Set(['out', 'port', 'allowDifferentNumbers']);

/**
 * Takes a run up again, as it was set up.
 * @param run its folder, or its id
 * @param takeOver also from a process that still seems to be at work on it
 * @param options of the command line, by key
 * @throws CheckpointError where there is no such run or nothing is left to do, ConfigError for an option that would change it
 */
export async function prepareAgain(
  run: string,
  takeOver: boolean,
  options: Readonly<Record<string, string | boolean | undefined>>,
  say: (line: string) => void,
): Promise<Preparation> {
  const changed = Object.keys(options).find((key) => options[key] !== undefined && !AGAIN.has(key));
  if (changed !== undefined) {
    throw new ConfigError(`${flagOf(changed)}: a run that is resumed goes on as it was set up: leave the option out`);
  }
  const root = typeof options['out'] === 'string' ? options['out'] : (process.env['LAYERLINE_OUT'] ?? 'runs');
  const { folder, config, plan } = await findRun(run, root);
  await checkResumable(folder, takeOver);
  const { backend, ...engineSettings } = plan.engine;
  const engine = await openBackend(backend, engineSettings);
  say(`Going on with ${folder}: ${plan.layers.map(({ units }) => units).join('-')}, engine ${backend}`);
  const port = options['port'] === undefined ? config.port : Number(options['port']);
  const allowDifferentNumbers = config.allowDifferentNumbers || options['allowDifferentNumbers'] === true;
  return { config: { ...config, port, allowDifferentNumbers }, plan, engine, again: { folder, takeOver } };
}

/** `1 thread`, `2 threads`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * Shares the cores out. Layers in processes of their own get a part of them each; in one process, layers take turns, as
 * many at a time as there are cores. Several layers with a thread each keep the cores busier than one with several
 * threads, which wait for each other in every operation.
 */
function engineOptions({ threads, layers, singleProcess }: RunConfig): Required<EngineOptions> {
  const cores = availableParallelism();
  const each = threads === 'auto' ? threadsPerLayer({ layers }, cores) : threads;
  const concurrency = singleProcess ? Math.max(1, Math.min(layers.length, Math.floor(cores / each))) : 1;
  return { threads: each, concurrency, spinning: singleProcess && concurrency === 1 };
}
