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
 * Memory that kernels, the library and JavaScript all work in. It only grows and never moves. What is freed is used again for
 * matrices of the same size: layers that come and go in a process have the same few.
 */
export class KernelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  /** Bytes from the beginning that have been allocated so far, whether or not they are free again. */
  #used = 0;
  /** Bytes of what is allocated now, and of what room was made for. */
  #live = 0;
  #reserved = 0;
  /** Addresses that are free again, by size in bytes. */
  readonly #free = new Map<number, number[]>();

  /**
   * Makes room for so many matrices of so many numbers, which takes addresses but no memory yet.
   * @returns whether the machine has granted it
   */
  reserve(matrices: number, numbers: number): boolean {
    const reserved = this.#reserved + matrices * alignedBytes(numbers);
    try {
      this.#growTo(this.#used + Math.max(0, reserved - this.#live));
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#reserved = reserved;
    return true;
  }

  /** Takes back what {@link reserve} has granted. */
  cancel(matrices: number, numbers: number): void {
    this.#reserved -= matrices * alignedBytes(numbers);
  }

  /**
   * Allocates a matrix of zeros, rounded up to a multiple of {@link ALIGNMENT}.
   * @throws RangeError when there is no room
   */
  allocate(numbers: number): Region {
    const bytes = alignedBytes(numbers);
    const address = this.#free.get(bytes)?.pop() ?? this.#extend(bytes);
    this.#live += bytes;
    return { address, data: new Float32Array(this.memory.buffer, address, numbers).fill(0) };
  }

  /** Lets the memory of a matrix be used again. */
  free({ address, data }: Region): void {
    const bytes = alignedBytes(data.length);
    this.#live -= bytes;
    this.#free.set(bytes, [...(this.#free.get(bytes) ?? []), address]);
  }

  #extend(bytes: number): number {
    const address = this.#used;
    this.#growTo(address + bytes);
    this.#used += bytes;
    return address;
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
