/** The tfjs engine itself. It blocks the event loop while it computes, so it is opened in a thread of its own. */
import { bind, EngineError, EngineUnavailableError } from '@layerline/engine';
import type { CompiledGraph, Engine, EngineIdentity, EngineOptions, Tensor, Tensors } from '@layerline/engine';
import { sizeOf } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from './backends.js';
import type { Loaded } from './backends.js';
import { TFJS_BACKENDS } from './choice.js';
import type { TfjsChoice } from './choice.js';
import { evaluate } from './operations.js';

/** Opens the engine in this thread, which can have one backend. */
export async function openEngine({ threads }: EngineOptions, choice: TfjsChoice): Promise<Engine> {
  const { backend, tensorflowThreads = threads } = choice;
  const reasons: string[] = [];
  for (const each of backend === undefined ? TFJS_BACKENDS : [backend]) {
    try {
      return new TfjsEngine(await loadBackend(each, tensorflowThreads));
    } catch (error) {
      if (!(error instanceof EngineUnavailableError) || backend !== undefined) throw error;
      reasons.push(`${each}: ${error.reason}`);
    }
  }
  throw new EngineUnavailableError('tfjs', reasons.join('; '));
}

class TfjsEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly threads: number;
  readonly #tensors = new Set<TfjsTensor>();

  constructor({ backend, version, kernels, threads }: Loaded) {
    this.identity = { engine: 'tfjs', version, backend, kernels };
    this.threads = threads;
  }

  tensor(shape: Shape, data?: Float32Array): Tensor {
    if (data !== undefined && data.length !== sizeOf(shape)) {
      throw new EngineError(`A ${shape.join(' × ')} tensor takes ${sizeOf(shape)} numbers, not ${data.length}`);
    }
    const [rows, columns] = shape;
    const matrix = data === undefined ? tf.zeros<tf.Rank.R2>([rows, columns]) : tf.tensor2d(data, [rows, columns]);
    const tensor = new TfjsTensor(shape, matrix, this.#tensors);
    this.#tensors.add(tensor);
    return tensor;
  }

  compile(graph: Graph): Promise<CompiledGraph> {
    return Promise.resolve(new TfjsCompiledGraph(graph));
  }

  close(): Promise<void> {
    for (const tensor of this.#tensors) tensor.dispose();
    return Promise.resolve();
  }
}

/** Keeps a handle on an immutable tensor of tfjs; a run that writes it replaces that. */
class TfjsTensor implements Tensor {
  constructor(
    readonly shape: Shape,
    public matrix: tf.Tensor2D,
    readonly tensors: Set<TfjsTensor>,
  ) {}

  async read(): Promise<Float32Array> {
    return (await this.matrix.data()) as Float32Array;
  }

  replace(matrix: tf.Tensor2D): void {
    this.matrix.dispose();
    this.matrix = matrix;
  }

  dispose(): void {
    this.matrix.dispose();
    this.tensors.delete(this);
  }
}

class TfjsCompiledGraph implements CompiledGraph {
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  run(inputs: Tensors, outputs: Tensors): Promise<void> {
    return new Promise((resolve) => {
      const graph = this.#graph;
      const from = bind(graph, graph.inputs, inputs).map(own);
      const to = bind(graph, graph.outputs, outputs).map(own);
      const given = new Map(Array.from(graph.inputs.keys(), (name, index) => [name, from[index]?.matrix]));
      const results = compute(graph, given);
      for (const [index, tensor] of to.entries()) tensor.replace(results[index] as tf.Tensor2D);
      resolve();
    });
  }

  dispose(): void {
    // There is nothing to free: the graph is run as it is, operation by operation.
  }
}

/** The graph's outputs, each a handle of its own; everything in between is freed. */
function compute(graph: Graph, inputs: ReadonlyMap<string, tf.Tensor2D | undefined>): tf.Tensor2D[] {
  try {
    return tf.tidy(() => {
      const values: tf.Tensor2D[] = [];
      const read = (id: number): tf.Tensor2D => values[id] as tf.Tensor2D;
      for (const { operation, shape } of graph.nodes) {
        values.push(
          operation.op === 'input' ? (inputs.get(operation.name) as tf.Tensor2D) : evaluate(operation, shape, read),
        );
      }
      // A clone shares the numbers, so that outputs may be inputs, or the same value twice.
      return Array.from(graph.outputs.values(), (id) => tf.clone(read(id)));
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError(`Graph "${graph.name}" failed in tfjs: ${message}`, { cause: error });
  }
}

function own(tensor: Tensor): TfjsTensor {
  if (!(tensor instanceof TfjsTensor)) throw new EngineError('A tensor of another engine was given to tfjs');
  return tensor;
}
