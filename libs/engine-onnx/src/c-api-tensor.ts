import { EngineError } from '@layerline/engine';
import type { Tensor } from '@layerline/engine';
import type { Shape } from '@layerline/ops';
import koffi from 'koffi';
import type { OrtApi, Pointer } from './c-api.js';

const FLOAT = 1;

/** A library object that is released once, and not while a run uses it. */
export abstract class Handle {
  onDispose: (() => void) | undefined;
  #pointer: Pointer;
  #disposed = false;
  #uses = 0;

  constructor(
    protected readonly api: OrtApi,
    pointer: Pointer,
    readonly releaseWith: 'ReleaseValue' | 'ReleaseSession',
  ) {
    this.#pointer = pointer;
  }

  /** @throws EngineError once the object is disposed of */
  get pointer(): Pointer {
    this.assertUsable();
    return this.#pointer;
  }

  /** @throws EngineError once the object is disposed of */
  assertUsable(): void {
    if (this.#disposed) throw new EngineError('A tensor or program was used after it was disposed of');
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.onDispose?.();
    if (this.#uses === 0) this.#release();
  }

  /** Keeps the object until {@link letGo}, even when it is disposed of in between. */
  hold(): void {
    this.#uses++;
  }

  letGo(): void {
    this.#uses--;
    if (this.#disposed && this.#uses === 0) this.#release();
  }

  #release(): void {
    this.api.release(this.releaseWith, this.#pointer);
  }
}

/** A tensor over a JavaScript array. The library holds the array's address, so the tensor must hold the array. */
export class CApiTensor extends Handle implements Tensor {
  readonly #memoryInfo: Pointer;
  readonly #views = new Map<string, CApiTensor>();

  constructor(
    api: OrtApi,
    memoryInfo: Pointer,
    readonly shape: Shape,
    readonly data: Float32Array,
  ) {
    const dims = BigInt64Array.from(shape, BigInt);
    // Asking for the address also moves a small array off V8's heap, where nothing moves it again.
    const source = [memoryInfo, koffi.address(data), data.byteLength, dims, dims.length, FLOAT] as const;
    super(api, api.create('CreateTensorWithDataAsOrtValue', ...source), 'ReleaseValue');
    this.#memoryInfo = memoryInfo;
  }

  async read(): Promise<Float32Array> {
    this.assertUsable();
    return this.data;
  }

  /** Rows `start` (included) to `end` (excluded), over the same memory. The same object for the same rows. */
  view(start: number, end: number): CApiTensor {
    this.assertUsable();
    const columns = this.shape[1];
    const rows = `${start}:${end}`;
    let view = this.#views.get(rows);
    if (view === undefined) {
      const data = this.data.subarray(start * columns, end * columns);
      view = new CApiTensor(this.api, this.#memoryInfo, [end - start, columns], data);
      this.#views.set(rows, view);
    }
    return view;
  }

  override dispose(): void {
    for (const view of this.#views.values()) view.dispose();
    super.dispose();
  }

  /** A tensor of the same shape in memory of its own. */
  twin(): CApiTensor {
    return new CApiTensor(this.api, this.#memoryInfo, this.shape, new Float32Array(this.data.length));
  }
}
