import { forwardGraph, initialState, layerState, learnGraph } from '@layerline/forward-forward';
import type { LayerSpec, OptimizerName } from '@layerline/forward-forward';
import type { CompiledGraph, Engine, Tensor } from '@layerline/engine';
import { randomKey } from '@layerline/ops';
import type { Graph, GraphNode } from '@layerline/ops';
import { sample } from './graphs.js';

const ROWS = 200;

export function layerSpec(options: {
  readonly inputs: number;
  readonly units: number;
  readonly optimizer: OptimizerName;
  readonly peerNormalization?: number;
}): LayerSpec {
  const { inputs, units, optimizer, peerNormalization = 0 } = options;
  return {
    inputs,
    overlay: 0,
    units,
    activation: { name: 'relu' },
    goodness: { name: 'mean' },
    normalization: { name: 'mean-square' },
    objective: { name: 'silu', alpha: 6 },
    learningRate: 0.01,
    schedule: { name: 'constant' },
    dropout: 0,
    optimizer:
      optimizer === 'sgd' ? { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 } : { name: 'adam', weightDecay: 0 },
    peerNormalization,
  };
}

/** A layer on an engine, with one batch that it passes forward and learns from again and again. */
export class TrainedLayer {
  private constructor(
    readonly graphs: readonly { readonly graph: Graph; readonly compiled: CompiledGraph }[],
    /** Everything that the graphs read and write, by name. */
    readonly tensors: Readonly<Record<string, Tensor>>,
  ) {}

  static async create(engine: Engine, spec: LayerSpec, rows = ROWS): Promise<TrainedLayer> {
    const batch = { rows, images: rows };
    const graphs = [forwardGraph(spec, batch, { activations: true, normalized: true }), learnGraph(spec, batch)];
    const given: Record<string, Float32Array> = {
      input: sample(8, [rows, spec.inputs]),
      rate: Float32Array.of(0.01),
      decay: Float32Array.of(1e-6),
      epsilon: Float32Array.of(1e-8),
    };
    for (const entry of layerState(spec)) given[entry.name] = initialState(spec, entry, randomKey(7));
    const tensors: Record<string, Tensor> = {};
    for (const graph of graphs) {
      for (const [name, id] of [...graph.inputs, ...graph.outputs]) {
        tensors[name] ??= engine.tensor((graph.nodes[id] as GraphNode).shape, given[name]);
      }
    }
    const compiled = await Promise.all(graphs.map((graph) => engine.compile(graph)));
    return new TrainedLayer(
      graphs.map((graph, index) => ({ graph, compiled: compiled[index] as CompiledGraph })),
      tensors,
    );
  }

  async step(): Promise<void> {
    const named = (names: ReadonlyMap<string, number>): Record<string, Tensor> => {
      return Object.fromEntries([...names.keys()].map((name) => [name, this.tensors[name] as Tensor]));
    };
    for (const { graph, compiled } of this.graphs) await compiled.run(named(graph.inputs), named(graph.outputs));
  }

  /** Copies of all that the steps have made. */
  async numbers(): Promise<Record<string, Float32Array>> {
    const numbers: Record<string, Float32Array> = {};
    for (const { graph } of this.graphs) {
      for (const name of graph.outputs.keys())
        numbers[name] = Float32Array.from((await this.tensors[name]?.read()) ?? []);
    }
    return numbers;
  }
}
