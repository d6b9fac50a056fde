import { bind, EngineError } from '@layerline/engine';
import type { CompiledGraph, Tensors } from '@layerline/engine';
import type { Graph } from '@layerline/ops';
import koffi from 'koffi';
import { safeInPlace } from './aliasing.js';
import { CApiTensor, Handle } from './c-api-tensor.js';
import type { OrtApi, Pointer } from './c-api.js';
import { outputName } from './model.js';
import type { Tile, TiledGraph } from './tiling.js';

/** Runs `work` as soon as few enough runs are computing. */
export type Limit = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A session for one graph, which may be cut into tiles: then tensors are passed in and out as ranges of rows. */
export class CApiSession extends Handle implements CompiledGraph {
  readonly #inputNames: StringTable;
  readonly #outputNames: StringTable;
  /** By input and output position: whether the output may be computed in the input's memory. */
  readonly #inPlace: readonly (readonly boolean[])[];

  constructor(
    api: OrtApi,
    readonly graph: Graph,
    readonly tiled: TiledGraph,
    session: Pointer,
    readonly limit: Limit,
  ) {
    super(api, session, 'ReleaseSession');
    const { inputs, outputs } = tiled.graph;
    this.#inputNames = new StringTable([...inputs.keys()]);
    this.#outputNames = new StringTable([...outputs.keys()].map(outputName));
    this.#inPlace = Array.from(inputs.values(), (input) =>
      Array.from(outputs.values(), (output) => safeInPlace(tiled.graph, input, output)),
    );
  }

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    const sources = this.#tensors(this.graph.inputs, this.tiled.inputs, inputs);
    const targets = this.#tensors(this.graph.outputs, this.tiled.outputs, outputs);
    const pointers = (tensors: readonly CApiTensor[]): BigUint64Array =>
      BigUint64Array.from(tensors, (tensor) => tensor.pointer);
    // Read before anything is retained: this throws where something has been disposed of.
    const [session, inputValues] = [this.pointer, pointers(sources)];
    void pointers(targets);
    const scratchOf = this.#scratchFor(sources, targets);
    const outputValues = pointers(targets.map((tensor) => scratchOf.get(tensor) ?? tensor));
    const used: readonly Handle[] = [this, ...sources, ...targets];
    for (const handle of used) handle.retain();
    try {
      const from = [this.#inputNames.pointers, inputValues, inputValues.length] as const;
      const to = [this.#outputNames.pointers, outputValues.length, outputValues] as const;
      await this.limit(() => this.api.callAsync('Run', session, null, ...from, ...to));
      for (const [target, scratch] of scratchOf) target.data.set(scratch.data);
    } finally {
      for (const scratch of scratchOf.values()) scratch.dispose();
      for (const handle of used) handle.release();
    }
  }

  /** The tensors of the whole graph, or their tiles, in the order of the tiled graph. */
  #tensors(names: ReadonlyMap<string, number>, tiles: readonly Tile[], tensors: Tensors): CApiTensor[] {
    bind(this.graph, names, tensors);
    return tiles.map(({ of, rows }) => {
      const whole = tensors[of];
      if (!(whole instanceof CApiTensor)) {
        throw new EngineError(`Graph "${this.graph.name}" was run with a tensor of another engine for "${of}"`);
      }
      return rows === undefined ? whole : whole.view(...rows);
    });
  }

  /** Scratch tensors for outputs that would overwrite an input that is still to be read. */
  #scratchFor(sources: readonly CApiTensor[], targets: readonly CApiTensor[]): Map<CApiTensor, CApiTensor> {
    const clashing = targets.filter((target, output) =>
      sources.some((source, input) => source === target && this.#inPlace[input]?.[output] === false),
    );
    return new Map(clashing.map((target) => [target, target.zerosLike()]));
  }
}

/** An array of C strings whose memory stays where it is for as long as the table lives. */
class StringTable {
  readonly pointers: BigUint64Array;
  readonly #strings: readonly Uint8Array[];

  constructor(strings: readonly string[]) {
    const encoder = new TextEncoder();
    this.#strings = strings.map((string) => encoder.encode(`${string}\0`));
    this.pointers = BigUint64Array.from(this.#strings, (bytes) => koffi.address(bytes));
  }
}
