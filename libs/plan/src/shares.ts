import type { RunConfig } from './config.js';
import type { Plan } from './plan.js';

/** A matrix product needs this many columns per thread, or splitting it changes its last bits. */
const UNITS_PER_THREAD = 80;

/** How many threads each layer gets if the layers share the cores: at least one. */
export function threadsPerLayer({ layers }: { readonly layers: readonly number[] }, cores: number): number {
  const share = Math.floor(cores / layers.length);
  return Math.max(1, Math.min(share, Math.floor(Math.min(...layers) / UNITS_PER_THREAD)));
}

/**
 * Divides up the cores. Layers in separate processes each get a share of all machines' cores, but no more than the smallest
 * machine has. In a single process, as many layers run at a time as there are cores for: several layers with one thread each
 * keep the cores busier than one layer with several threads, which wait for each other in every operation.
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
