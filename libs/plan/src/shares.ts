import { widthOf } from '@layerline/forward-forward';
import type { RunConfig } from './config.js';
import { shardCount, shardsOf } from './layer-shards.js';
import type { Cut } from './layer-shards.js';
import type { Plan } from './plan.js';

/** A matrix product needs this many columns per thread, or splitting it changes its last bits. */
const UNITS_PER_THREAD = 80;

/** How many threads each layer, or each shard, gets if they share the cores: at least one. */
export function threadsPerLayer(cut: Cut, cores: number): number {
  const widths = cut.layers.flatMap((_, index) => shardsOf(cut, index).map(({ range }) => widthOf(range)));
  return Math.max(1, Math.min(Math.floor(cores / widths.length), ...widths.map(mostThreads)));
}

/** The most threads with which every shard computes the bits of its whole layer; any number where no layer is cut. */
function mostThreadsOfShards(cut: Cut): number {
  const cutLayers = [...cut.layers.keys()].filter((index) => shardCount(cut, index) > 1);
  const widths = cutLayers.flatMap((index) => shardsOf(cut, index).map(({ range }) => widthOf(range)));
  return Math.min(Infinity, ...widths.map(mostThreads));
}

/** The most threads that compute the same bits as one. @param width units of a layer or of a shard */
export function mostThreads(width: number): number {
  return Math.max(1, Math.floor(width / UNITS_PER_THREAD));
}

/**
 * Divides up the cores. Layers and shards in separate processes each get a share of all machines' cores, but no more than the
 * smallest machine has. In a single process, as many layers run at a time as there are cores for: several layers with one
 * thread each keep the cores busier than one layer with several threads, which wait for each other in every operation.
 */
export function sharesOf(
  { threads: wanted, singleProcess, ...cut }: Pick<RunConfig, 'threads' | 'singleProcess'> & Cut,
  machines: readonly { readonly cores: number }[],
): Omit<Plan['engine'], 'backend'> {
  const cores = Math.min(...machines.map((machine) => machine.cores));
  const share = Math.min(cores, threadsPerLayer(cut, cores * machines.length));
  const threads = wanted === 'auto' ? share : Math.min(wanted, mostThreadsOfShards(cut));
  if (!singleProcess) return { threads, spinning: false, concurrency: 1 };
  const stages = cut.layers.reduce<number>((sum, _, index) => sum + shardCount(cut, index), 0);
  const concurrency = Math.max(1, Math.min(stages, Math.floor(cores / threads)));
  return { threads, concurrency, spinning: concurrency === 1 };
}
