import { bind } from '@layerline/engine';
import type { Program, Tensors } from '@layerline/engine';
import type { Graph } from '@layerline/ops';
import koffi from 'koffi';
import { safeInPlace } from './aliasing.js';
import { Handle } from './c-api-tensor.js';
import type { CApiTensor } from './c-api-tensor.js';
import type { OrtApi, Pointer } from './c-api.js';
import { outputName } from './model.js';

/** A session over one graph. */
export class CApiProgram extends Handle implements Program {
  readonly #inputNames: StringTable;
  readonly #outputNames: StringTable;
  /** By input and output position: whether the output may be computed in the input's memory. */
  readonly #inPlace: readonly (readonly boolean[])[];

  constructor(
    api: OrtApi,
    readonly graph: Graph,
    session: Pointer,
  ) {
    super(api, session, 'ReleaseSession');
    this.#inputNames = new StringTable([...graph.inputs.keys()]);
    this.#outputNames = new StringTable([...graph.outputs.keys()].map(outputName));
    this.#inPlace = Array.from(graph.inputs.values(), (input) =>
      Array.from(graph.outputs.values(), (output) => safeInPlace(graph, input, output)),
    );
  }

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    const sources = bind(this.graph, this.graph.inputs, inputs) as CApiTensor[];
    const targets = bind(this.graph, this.graph.outputs, outputs) as CApiTensor[];
    const detours = this.#detours(sources, targets);
    const inputValues = BigUint64Array.from(sources, (tensor) => tensor.pointer);
    const outputValues = BigUint64Array.from(targets, (tensor) => (detours.get(tensor) ?? tensor).pointer);
    await this.api.callAsync(
      'Run',
      this.pointer,
      null,
      this.#inputNames.pointers,
      inputValues,
      inputValues.length,
      this.#outputNames.pointers,
      outputValues.length,
      outputValues,
    );
    for (const [target, scratch] of detours) {
      target.data.set(scratch.data);
      scratch.dispose();
    }
  }

  /** Scratch tensors for outputs that would overwrite an input while it is still to be read. */
  #detours(sources: readonly CApiTensor[], targets: readonly CApiTensor[]): Map<CApiTensor, CApiTensor> {
    const clashing = targets.filter((target, output) =>
      sources.some((source, input) => source === target && this.#inPlace[input]?.[output] === false),
    );
    return new Map(clashing.map((target) => [target, target.twin()]));
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
