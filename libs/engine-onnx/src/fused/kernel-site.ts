import { KernelMemory } from './kernel-memory.js';
import { KernelThreads } from './kernel-threads.js';

/** Where the kernels of an engine compute. */
export interface KernelSite {
  readonly memory: KernelMemory;
  readonly threads: KernelThreads;
  /** That take part in one run. */
  readonly threadsPerRun: number;
}

/**
 * Opens the place for an engine's kernels.
 * @returns undefined where the addresses for it cannot be had, as under a limit on virtual memory
 */
export function openKernelSite(threadsPerRun: number, concurrency: number): KernelSite | undefined {
  try {
    const memory = new KernelMemory();
    return { memory, threads: new KernelThreads(memory.memory, threadsPerRun * concurrency), threadsPerRun };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
