import { EngineError } from '@layerline/engine';
import type { Tensor } from '@layerline/engine';
import type { Shape } from '@layerline/ops';
import koffi from 'koffi';
import type { OrtApi, Pointer } from './c-api.js';

const FLOAT = 1;

/** A library object that is released once. */
export abstract class Handle {
  onDispose: (() => void) | undefined;
  #pointer: Pointer | undefined;

  constructor(
    protected readonly api: OrtApi,
    pointer: Pointer,
    readonly releaseWith: 'ReleaseValue' | 'ReleaseSession',
  ) {
    this.#pointer = pointer;
  }

  get pointer(): Pointer {
    if (this.#pointer === undefined) throw new EngineError('A tensor or program was used after it was disposed of');
    return this.#pointer;
  }

  dispose(): void {
    if (this.#pointer === undefined) return;
    this.api.release(this.releaseWith, this.#pointer);
    this.#pointer = undefined;
    this.onDispose?.();
  }
}

/** A tensor over a JavaScript array. The library holds the array's address, so the tensor must hold the array. */
export class CApiTensor extends Handle implements Tensor {
  readonly #memoryInfo: Pointer;
  readonly #views = new Map<number, CApiTensor>();

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
    void this.pointer;
    return this.data;
  }

  /** Rows `start` (included) to `end` (excluded), over the same memory. The same object for the same start. */
  view(start: number, end: number): CApiTensor {
    const columns = this.shape[1];
    let view = this.#views.get(start);
    if (view?.shape[0] !== end - start) {
      const data = this.data.subarray(start * columns, end * columns);
      view?.dispose();
      view = new CApiTensor(this.api, this.#memoryInfo, [end - start, columns], data);
      this.#views.set(start, view);
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
