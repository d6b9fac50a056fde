import { MAX_PAGES } from './assemble.js';

const PAGE_BYTES = 65_536;
/** A cache line: matrices that different threads write do not share one. */
const ALIGNMENT = 64;

/** A matrix in a kernel's memory. */
export interface Region {
  /** In bytes. */
  readonly address: number;
  readonly data: Float32Array<SharedArrayBuffer>;
}

/**
 * Memory that kernels, the library and JavaScript all work in. It only grows and never moves: what was read from a
 * tensor stays valid after the tensor is gone.
 */
export class KernelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  #used = 0;
  #reserved = 0;

  /**
   * Makes room for so many matrices of so many numbers, which takes addresses but no memory yet.
   * @returns whether the machine has granted it
   */
  reserve(matrices: number, numbers: number): boolean {
    const reserved = this.#reserved + matrices * alignedBytes(numbers);
    try {
      this.#growTo(reserved);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#reserved = reserved;
    return true;
  }

  /**
   * Allocates a matrix of zeros, rounded up to a multiple of {@link ALIGNMENT}.
   * @throws RangeError when there is no room
   */
  allocate(numbers: number): Region {
    const address = this.#used;
    const end = address + alignedBytes(numbers);
    this.#growTo(end);
    this.#used = end;
    return { address, data: new Float32Array(this.memory.buffer, address, numbers) };
  }

  /** @throws RangeError where there is no room */
  #growTo(bytes: number): void {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) this.memory.grow(missing);
  }
}

/** The bytes that so many numbers take, rounded up to a multiple of {@link ALIGNMENT}. */
export function alignedBytes(numbers: number): number {
  return Math.ceil((numbers * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
}

/** Cuts a matrix of so many bytes into at most one range per thread. */
export function cut(bytes: number, threads: number): (readonly [start: number, end: number])[] {
  const step = Math.ceil(bytes / threads / ALIGNMENT) * ALIGNMENT;
  const count = Math.ceil(bytes / step);
  return Array.from({ length: count }, (_, index) => [index * step, Math.min(bytes, (index + 1) * step)] as const);
}
