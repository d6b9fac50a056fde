import { EngineError } from '@layerline/engine';
import { instantiate } from './kernel-instance.js';
import type { KernelInstance } from './kernel-instance.js';
import { cut, KernelMemory } from './kernel-memory.js';
import { KernelThreads } from './kernel-threads.js';

/** Of each matrix, up to which a kernel is run by the thread that calls: half a millisecond for 500 × 500 numbers. */
const MAX_INLINE_BYTES = 2 ** 21;

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

/** Runs a kernel over all bytes of its matrices. @throws EngineError where it fails */
export type KernelRun = (numbers: readonly number[]) => Promise<void>;

/**
 * Puts a kernel where it computes: in threads of the site, or in the one that calls, where to wake another one and to hear
 * from it would take about as long as the work.
 * @param bytes of each matrix
 * @returns runs it with the numbers that follow the range among its parameters
 */
export function place({ memory, threads, threadsPerRun }: KernelSite, code: Uint8Array, bytes: number): KernelRun {
  if (bytes <= MAX_INLINE_BYTES) return inThisThread(code, memory, bytes);
  const kernel = threads.load(code);
  const ranges = cut(bytes, threadsPerRun);
  return (numbers) =>
    threads.run(
      kernel,
      ranges.map((range) => [...range, ...numbers]),
    );
}

function inThisThread(code: Uint8Array, { memory }: KernelMemory, bytes: number): KernelRun {
  const module = new WebAssembly.Module(code);
  let kernel: KernelInstance | undefined;
  return async (numbers) => {
    try {
      kernel ??= instantiate(module, memory);
      kernel(0, bytes, ...numbers);
    } catch (error) {
      throw new EngineError(`A kernel failed: ${(error as Error).message}`, { cause: error });
    }
  };
}
