import { EngineError } from '@layerline/engine';
import { instantiate } from './kernel-instance.js';
import type { KernelInstance } from './kernel-instance.js';
import { cut, KernelMemory } from './kernel-memory.js';
import { KernelThreads } from './kernel-threads.js';
import type { Kernel } from './split.js';

/** Size of a matrix up to which the calling thread runs the kernel: half a millisecond for 500 × 500 numbers. */
const MAX_INLINE_BYTES = 2 ** 21;

/** Where the kernels of an engine compute. */
export interface KernelSite {
  readonly memory: KernelMemory;
  readonly threads: KernelThreads;
  /** How many threads take part in one run. */
  readonly threadsPerRun: number;
}

/**
 * Opens the site of an engine's kernels.
 * @returns undefined where there are too few addresses for it, as under a limit on virtual memory
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

/** How many matrices a kernel reads and writes, at most. */
export function matricesOf({ matrices, outputs }: Kernel): number {
  return matrices.size + outputs.size;
}

/** Runs a kernel over all bytes of its matrices. @throws EngineError when it fails */
export type KernelRun = (numbers: readonly number[]) => Promise<void>;

/**
 * Assigns a kernel to the site's threads or, where waking another thread would take about as long as the work, to the
 * calling one.
 * @param bytes of each matrix
 * @returns a function that runs it, given the parameters that follow the range
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
