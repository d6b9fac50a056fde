import { forwardGraph, initialState, layerState, learnGraph } from '@layerline/forward-forward';
import type { LayerSpec, OptimizerName } from '@layerline/forward-forward';
import type { CompiledGraph, Engine, Tensor } from '@layerline/engine';
import { randomKey } from '@layerline/ops';
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
    goodness: 'mean',
    objective: { name: 'silu', alpha: 6, threshold: 1 },
    optimizer:
      optimizer === 'sgd' ? { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 } : { name: 'adam', weightDecay: 0 },
    peerNormalization,
  };
}

/** A layer on an engine, with one batch that it passes forward and learns from again and again. */
export class TrainedLayer {
  private constructor(
    readonly forward: CompiledGraph,
    readonly learn: CompiledGraph,
    readonly inputs: Readonly<Record<string, Tensor>>,
    readonly outputs: Readonly<Record<'goodness' | 'activations' | 'normalized', Tensor>>,
    readonly state: Readonly<Record<string, Tensor>>,
  ) {}

  static async create(engine: Engine, spec: LayerSpec, rows = ROWS): Promise<TrainedLayer> {
    const batch = { rows, images: rows };
    const scalar = (value: number): Tensor => engine.tensor([1, 1], Float32Array.of(value));
    const state = layerState(spec).map((entry) => {
      return [entry.name, engine.tensor(entry.shape, initialState(spec, entry, randomKey(7)))] as const;
    });
    return new TrainedLayer(
      await engine.compile(forwardGraph(spec, batch, { activations: true, normalized: true })),
      await engine.compile(learnGraph(spec, batch)),
      {
        input: engine.tensor([rows, spec.inputs], sample(8, [rows, spec.inputs])),
        rate: scalar(0.01),
        decay: scalar(1e-6),
        epsilon: scalar(1e-8),
      },
      {
        goodness: engine.tensor([rows, 1]),
        activations: engine.tensor([rows, spec.units]),
        normalized: engine.tensor([rows, spec.units]),
      },
      Object.fromEntries(state),
    );
  }

  async step(): Promise<void> {
    const { inputs, outputs, state } = this;
    const { input, ...scalars } = inputs as Record<'input' | 'rate' | 'decay' | 'epsilon', Tensor>;
    const { weights, biases } = state as Record<'weights' | 'biases', Tensor>;
    const { goodness, activations } = outputs;
    await this.forward.run({ input, weights, biases }, outputs);
    await this.learn.run({ input, goodness, activations, ...scalars, ...state }, state);
  }

  /** Copies of all that the steps have made. */
  async numbers(): Promise<Record<string, Float32Array>> {
    const numbers: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries({ ...this.outputs, ...this.state })) {
      numbers[name] = Float32Array.from(await tensor.read());
    }
    return numbers;
  }
}
