import { bind, EngineError } from '@layerline/engine';
import type { CompiledGraph, Tensor, Tensors } from '@layerline/engine';
import { sizeOf } from '@layerline/ops';
import type { Graph, GraphNode, Shape } from '@layerline/ops';
import pLimit from 'p-limit';
import type { CApiSession, Limit } from '../c-api-session.js';
import { CApiTensor } from '../c-api-tensor.js';
import { assemble } from './assemble.js';
import { alignedBytes } from './kernel-memory.js';
import { matricesOf, place } from './kernel-site.js';
import type { KernelRun, KernelSite } from './kernel-site.js';
import type { Split } from './split.js';

export interface FusedParts {
  readonly graph: Graph;
  readonly split: Split;
  /** Runs the first part. */
  readonly session: CApiSession;
  readonly site: KernelSite;
  readonly limit: Limit;
}

/** A graph whose first part the library runs and whose update a kernel computes. */
export class FusedSession implements CompiledGraph {
  readonly #runKernel: KernelRun;
  /** What the session passes to the kernel. All runs share it, so they run one at a time. */
  readonly #intermediates: Readonly<Record<string, CApiTensor>>;
  readonly #serial = pLimit(1);
  #isDisposed = false;

  private constructor(
    readonly parts: FusedParts,
    runKernel: KernelRun,
    intermediates: Readonly<Record<string, CApiTensor>>,
  ) {
    this.#runKernel = runKernel;
    this.#intermediates = intermediates;
  }

  /** @param newTensor makes a tensor for what one part passes to the other */
  static create(parts: FusedParts, newTensor: (shape: Shape) => CApiTensor): FusedSession {
    const { rest, kernel } = parts.split;
    const runKernel = place(parts.site, assemble(kernel), alignedBytes(sizeOf(kernel.shape)));
    const between = [...rest.outputs].filter(([name]) => !parts.graph.outputs.has(name));
    const intermediates = between.map(([name, id]) => [name, newTensor((rest.nodes[id] as GraphNode).shape)] as const);
    for (const [, tensor] of intermediates) tensor.recycle();
    return new FusedSession(parts, runKernel, Object.fromEntries(intermediates));
  }

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    bind(this.parts.graph, this.parts.graph.inputs, inputs);
    bind(this.parts.graph, this.parts.graph.outputs, outputs);
    const { kernel } = this.parts.split;
    const read = (names: Iterable<string>): CApiTensor[] =>
      Array.from(names, (name) => this.#intermediates[name] ?? this.#own(name, inputs[name]));
    const matrices = read(kernel.matrices.values());
    const scalars = read(kernel.scalars.values());
    const written = Array.from(kernel.outputs.keys(), (name) => this.#own(name, outputs[name]));
    for (const tensor of written) if (matrices.includes(tensor)) tensor.recycle();
    const addresses = [...matrices, ...written].map((tensor) => tensor.addressIn(this.parts.site.memory));
    await this.#serial(() =>
      this.parts.limit(async () => {
        const scratchOf = this.#scratchFor(outputs, new Set([...matrices, ...scalars]));
        try {
          await this.#runSession(inputs, outputs, scratchOf);
          await this.#runKernel([...addresses, ...scalars.map(({ data }) => data[0] as number)]);
          for (const [target, scratch] of scratchOf) target.data.set(scratch.data);
        } finally {
          for (const scratch of scratchOf.values()) scratch.dispose();
        }
      }),
    );
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const { kernel } = this.parts.split;
    this.parts.site.memory.cancel(matricesOf(kernel), sizeOf(kernel.shape));
    this.parts.session.dispose();
    for (const tensor of Object.values(this.#intermediates)) tensor.dispose();
  }

  /** Scratch tensors for outputs of the session whose old numbers the kernel still has to read. */
  #scratchFor(outputs: Tensors, stillRead: ReadonlySet<Tensor>): Map<CApiTensor, CApiTensor> {
    const scratchOf = new Map<CApiTensor, CApiTensor>();
    for (const name of this.parts.split.rest.outputs.keys()) {
      if (name in this.#intermediates) continue;
      const target = this.#own(name, outputs[name]);
      if (stillRead.has(target)) scratchOf.set(target, target.zerosLike());
    }
    return scratchOf;
  }

  async #runSession(inputs: Tensors, outputs: Tensors, scratchOf: ReadonlyMap<CApiTensor, CApiTensor>): Promise<void> {
    const { rest } = this.parts.split;
    const targets = Array.from(rest.outputs.keys(), (name): [string, Tensor] => {
      const between = this.#intermediates[name];
      if (between !== undefined) return [name, between];
      const target = this.#own(name, outputs[name]);
      return [name, scratchOf.get(target) ?? target];
    });
    const sources = Array.from(rest.inputs.keys(), (name) => [name, inputs[name] as Tensor] as const);
    await this.parts.session.run(Object.fromEntries(sources), Object.fromEntries(targets));
  }

  #own(name: string, tensor: Tensor | undefined): CApiTensor {
    if (tensor instanceof CApiTensor) return tensor;
    throw new EngineError(`Graph "${this.parts.graph.name}" was run with a tensor of another engine for "${name}"`);
  }
}
