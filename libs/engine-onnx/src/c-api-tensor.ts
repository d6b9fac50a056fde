import { EngineError } from '@layerline/engine';
import type { Tensor } from '@layerline/engine';
import type { Shape } from '@layerline/ops';
import koffi from 'koffi';
import type { OrtApi, Pointer } from './c-api.js';
import type { KernelMemory, Region } from './fused/kernel-memory.js';

const FLOAT = 1;

/** A library object that is released exactly once, and never while a run uses it. */
export abstract class Handle {
  onDispose: (() => void) | undefined;
  #pointer: Pointer;
  /** Replaced objects that runs under way still use, and the memory behind them. */
  readonly #outdated: { readonly pointer: Pointer; readonly memory: Float32Array }[] = [];
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
    if (this.#disposed) throw new EngineError('A tensor or compiled graph was used after it was disposed of');
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.onDispose?.();
    if (this.#uses === 0) this.#free();
  }

  /** Keeps the object until {@link release}, even when it is disposed of in between. */
  retain(): void {
    this.#uses++;
  }

  release(): void {
    this.#uses--;
    if (this.#uses > 0) return;
    this.#freeOutdated();
    if (this.#disposed) this.#free();
  }

  /** Replaces the library object. @param memory behind the old one */
  protected replace(pointer: Pointer, memory: Float32Array): void {
    this.#outdated.push({ pointer: this.#pointer, memory });
    this.#pointer = pointer;
    if (this.#uses === 0) this.#freeOutdated();
  }

  /** Called once the library object is gone. */
  protected freed(): void {}

  #free(): void {
    this.api.release(this.releaseWith, this.#pointer);
    this.freed();
  }

  #freeOutdated(): void {
    for (const { pointer } of this.#outdated.splice(0)) this.api.release(this.releaseWith, pointer);
  }
}

/** A tensor over a JavaScript array. The library keeps the array's address, so the tensor must keep the array. */
export class CApiTensor extends Handle implements Tensor {
  readonly #memoryInfo: Pointer;
  readonly #views = new Map<string, CApiTensor>();
  #data: Float32Array;
  /** Where it is in the memory of kernels, once it has been moved there. */
  #region: (Region & { readonly memory: KernelMemory }) | undefined;
  #isRecycled = false;

  constructor(
    api: OrtApi,
    memoryInfo: Pointer,
    readonly shape: Shape,
    data: Float32Array,
  ) {
    super(api, valueOver(api, memoryInfo, shape, data), 'ReleaseValue');
    this.#memoryInfo = memoryInfo;
    this.#data = data;
  }

  get data(): Float32Array {
    return this.#data;
  }

  /** The address of the numbers in the memory of the engine's kernels. Moves them there the first time. */
  addressIn(memory: KernelMemory): number {
    this.assertUsable();
    if (this.#region !== undefined) return this.#region.address;
    const region = memory.allocate(this.#data.length);
    region.data.set(this.#data);
    this.#dropViews();
    this.replace(valueOver(this.api, this.#memoryInfo, this.shape, region.data), this.#data);
    this.#data = region.data;
    this.#region = { ...region, memory };
    return region.address;
  }

  async read(): Promise<Float32Array> {
    this.assertUsable();
    return this.data;
  }

  /** Rows `start` (inclusive) to `end` (exclusive), in the same memory. The same object for the same rows. */
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
    this.#dropViews();
    super.dispose();
  }

  /** Lets its memory be used again once it is disposed of: nobody keeps what was read from it. */
  recycle(): void {
    this.#isRecycled = true;
  }

  protected override freed(): void {
    if (this.#isRecycled) this.#region?.memory.free(this.#region);
  }

  /** A tensor of the same shape, in memory of its own. */
  zerosLike(): CApiTensor {
    return new CApiTensor(this.api, this.#memoryInfo, this.shape, new Float32Array(this.data.length));
  }

  #dropViews(): void {
    for (const view of this.#views.values()) view.dispose();
    this.#views.clear();
  }
}

/** The library's tensor over an array. */
function valueOver(api: OrtApi, memoryInfo: Pointer, shape: Shape, data: Float32Array): Pointer {
  const dims = BigInt64Array.from(shape, BigInt);
  // Taking the address also moves a small array off V8's heap, after which it stays in place.
  const source = [memoryInfo, koffi.address(data), data.byteLength, dims, dims.length, FLOAT] as const;
  return api.create('CreateTensorWithDataAsOrtValue', ...source);
}
