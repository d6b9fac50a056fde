import { availableParallelism } from 'node:os';
import { resolveDataset, trainingImages } from '@layerline/datasets';
import type { DownloadProgress } from '@layerline/datasets';
import type { Engine, EngineOptions } from '@layerline/engine';
import { chooseEngine, makePlan, threadsPerLayer } from '@layerline/pipeline';
import type { Plan, RunConfig } from '@layerline/pipeline';

/** A run that could begin: everything that the config left open is settled, and nothing is written yet. */
export interface Preparation {
  readonly config: RunConfig;
  readonly plan: Plan;
  /** Open, for the fingerprint and, in a single process, for the training itself. */
  readonly engine: Engine;
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
