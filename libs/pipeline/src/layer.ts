import type { NamedTensor } from '@layerline/checkpoint';
import type { CompiledGraph, Engine, Tensor, Tensors } from '@layerline/engine';
import {
  forwardGraph,
  initialState,
  inputShapes,
  layerState,
  learnGraph,
  PARAMETERS,
} from '@layerline/forward-forward';
import type { BatchShape, LayerSpec, StateEntry, StepScalars } from '@layerline/forward-forward';
import type { Graph, RandomKey } from '@layerline/ops';
import { Pool } from './pool.js';

/** What a forward pass is asked for, beside goodness. */
export interface ForwardOptions {
  /** Keep what {@link Layer.learn} needs. */
  readonly learn: boolean;
  /** Return the input of the next layer. */
  readonly normalized: boolean;
}

/** What comes out of a forward pass. */
export interface ForwardResult {
  /** One number a row. */
  readonly goodness: Float32Array;
  /** Undefined unless it was asked for. */
  readonly normalized: Normalized | undefined;
}

/** The input of the next layer. */
export interface Normalized {
  /** [rows, units], each row at mean square 1. */
  readonly data: Float32Array;
  /** Lets the layer reuse the memory of `data`. */
  readonly release: () => void;
}

/** A batch that has been passed forward and can still be learned from. */
interface PendingBatch {
  readonly batch: BatchShape;
  readonly input: Tensors;
  readonly goodness: Tensor;
}

/** One layer on an engine: its state, and its forward and learn graphs, compiled for each shape of a batch. */
export class Layer {
  readonly #state: Record<string, Tensor>;
  readonly #graphs = new Map<string, CompiledGraph>();
  /** Activations of the batch to learn from, by number of rows. */
  readonly #activations = new Map<number, Tensor>();
  /** Buffers for normalized rows. */
  readonly #normalized = new Pool<Tensor>();
  #pending: PendingBatch | undefined;

  private constructor(
    readonly engine: Engine,
    readonly spec: LayerSpec,
    state: Record<string, Tensor>,
  ) {
    this.#state = state;
  }

  /** A layer in its initial state. @param key the layer's own */
  static create(engine: Engine, spec: LayerSpec, key: RandomKey): Layer {
    return Layer.with(engine, spec, (entry) => initialState(spec, entry, key));
  }

  /** A layer whose state is what `numbersOf` gives for each of its matrices. */
  static with(engine: Engine, spec: LayerSpec, numbersOf: (entry: StateEntry) => Float32Array): Layer {
    const entries = layerState(spec).map((entry) => {
      return [entry.name, engine.tensor(entry.shape, numbersOf(entry))] as const;
    });
    return new Layer(engine, spec, Object.fromEntries(entries));
  }

  /** A trained layer, which passes rows forward and no longer learns. @param tensors its parameters */
  static restore(engine: Engine, spec: LayerSpec, tensors: readonly NamedTensor[]): Layer {
    const entries = tensors.map(({ name, shape, data }) => {
      return [name, engine.tensor([shape[0] ?? 1, shape[1] ?? 1], data)] as const;
    });
    return new Layer(engine, spec, Object.fromEntries(entries));
  }

  /**
   * Passes rows forward.
   * @param input the matrices of {@link inputShapes} by name; the layer takes ownership of them
   */
  async forward(
    input: Readonly<Record<string, Float32Array>>,
    batch: BatchShape,
    options: ForwardOptions,
  ): Promise<ForwardResult> {
    const { engine, spec } = this;
    const { rows } = batch;
    const source = Object.fromEntries(
      Array.from(inputShapes(spec, batch), ([name, shape]) => [name, engine.tensor(shape, input[name])]),
    );
    const goodness = engine.tensor([rows, 1]);
    const normalized = options.normalized
      ? this.#normalized.take(`${rows}`, () => engine.tensor([rows, spec.units]))
      : undefined;
    const compiled = await this.#forwardGraph(batch, options);
    await compiled.run(
      { ...source, weights: this.#tensor('weights'), biases: this.#tensor('biases') },
      {
        goodness,
        ...(options.learn ? { activations: this.#activationsFor(rows) } : {}),
        ...(normalized === undefined ? {} : { normalized: normalized.item }),
      },
    );
    const result: ForwardResult = {
      goodness: await goodness.read(),
      normalized: normalized && { data: await normalized.item.read(), release: normalized.release },
    };
    if (options.learn) {
      this.#pending = { batch, input: source, goodness };
    } else {
      for (const tensor of [...Object.values(source), goodness]) tensor.dispose();
    }
    return result;
  }

  /** Learns from the rows last passed forward with `learn`. */
  async learn(scalars: StepScalars): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const { batch, input, goodness } = pending;
    const compiled = await this.#compiled('learn', batch, () => learnGraph(this.spec, batch));
    const step: Tensors = {
      rate: this.engine.tensor([1, 1], Float32Array.of(scalars.rate)),
      decay: this.engine.tensor([1, 1], Float32Array.of(scalars.decay)),
      epsilon: this.engine.tensor([1, 1], Float32Array.of(scalars.epsilon)),
    };
    const activations = this.#activationsFor(batch.rows);
    await compiled.run({ ...input, activations, goodness, ...step, ...this.#state }, this.#state);
    for (const tensor of [...Object.values(input), goodness, ...Object.values(step)]) tensor.dispose();
  }

  /**
   * All that the layer needs to go on learning, except its step count. Views of its memory, valid until it learns again.
   */
  async state(): Promise<NamedTensor[]> {
    return Promise.all(
      Object.entries(this.#state).map(async ([name, tensor]) => ({
        name,
        shape: tensor.shape,
        data: await tensor.read(),
      })),
    );
  }

  /** Activations of the batch that is yet to be learned from, [rows, units], before normalization; valid until then. */
  async activations(): Promise<Float32Array | undefined> {
    return this.#pending && this.#activationsFor(this.#pending.batch.rows).read();
  }

  /** [units, inputs]. A view of the layer's memory, which changes with the next update. */
  async weights(): Promise<Float32Array> {
    return this.#tensor('weights').read();
  }

  /** Copies of what the layer has learned, in the order that hashes take it. */
  async parameters(): Promise<NamedTensor[]> {
    return Promise.all(
      PARAMETERS.map(async (name) => {
        const tensor = this.#tensor(name);
        return { name, shape: tensor.shape, data: Float32Array.from(await tensor.read()) };
      }),
    );
  }

  /** Frees the layer's tensors and compiled graphs; the engine stays open. */
  dispose(): void {
    const groups = [Object.values(this.#state), this.#graphs.values(), this.#activations.values()];
    for (const group of [...groups, this.#normalized.idle()]) for (const resource of group) resource.dispose();
  }

  #forwardGraph(batch: BatchShape, options: ForwardOptions): Promise<CompiledGraph> {
    const { learn, normalized } = options;
    return this.#compiled(`forward ${learn} ${normalized}`, batch, () => {
      return forwardGraph(this.spec, batch, { activations: learn, normalized });
    });
  }

  async #compiled(kind: string, { rows, images }: BatchShape, build: () => Graph): Promise<CompiledGraph> {
    const name = `${kind} ${rows} ${images}`;
    const existing = this.#graphs.get(name);
    if (existing !== undefined) return existing;
    const compiled = await this.engine.compile(build());
    this.#graphs.set(name, compiled);
    return compiled;
  }

  #activationsFor(rows: number): Tensor {
    let tensor = this.#activations.get(rows);
    if (tensor === undefined) {
      tensor = this.engine.tensor([rows, this.spec.units]);
      this.#activations.set(rows, tensor);
    }
    return tensor;
  }

  #tensor(name: string): Tensor {
    return this.#state[name] as Tensor;
  }
}
