import type { RunConfig } from './config.js';
import type { Plan } from './plan.js';

/** A product needs this many columns for each thread, or the cut changes its last bits. */
const UNITS_PER_THREAD = 80;

/** The threads that each layer gets where they share the cores out: one at least. */
export function threadsPerLayer({ layers }: { readonly layers: readonly number[] }, cores: number): number {
  const share = Math.floor(cores / layers.length);
  return Math.max(1, Math.min(share, Math.floor(Math.min(...layers) / UNITS_PER_THREAD)));
}

/**
 * Shares the cores out. Layers in processes of their own get a part of all machines' cores each, none of which has to have more than
 * the smallest machine. In one process, layers take turns, as many at a time as there are cores: several layers with a thread each
 * keep the cores busier than one with several threads, which wait for each other in every operation.
 */
export function sharesOf(
  { threads: wanted, layers, singleProcess }: Pick<RunConfig, 'threads' | 'layers' | 'singleProcess'>,
  machines: readonly { readonly cores: number }[],
): Omit<Plan['engine'], 'backend'> {
  const cores = Math.min(...machines.map((machine) => machine.cores));
  const share = Math.min(cores, threadsPerLayer({ layers }, cores * machines.length));
  const threads = wanted === 'auto' ? share : wanted;
  if (!singleProcess) return { threads, spinning: false, concurrency: 1 };
  const concurrency = Math.max(1, Math.min(layers.length, Math.floor(cores / threads)));
  return { threads, concurrency, spinning: concurrency === 1 };
}
