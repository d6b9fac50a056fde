import type { NamedTensor } from '@layerline/checkpoint';
import type { CompiledGraph, Engine, Tensor, Tensors } from '@layerline/engine';
import {
  ACTIVITY,
  allUnits,
  blocksOf,
  exchangedSums,
  finishGraph,
  forwardGraph,
  initialState,
  inputShapes,
  keptOf,
  layerState,
  learnGraph,
  learnsThroughReadout,
  MEAN_ACTIVITY,
  parametersOf,
  READOUT_MASK,
  sumsGraph,
  sumsName,
  widthOf,
} from '@layerline/forward-forward';
import type { BatchShape, LayerSpec, StateEntry, StepScalars, UnitRange } from '@layerline/forward-forward';
import type { Graph, RandomKey } from '@layerline/ops';
import { CompiledGraphs } from './compiled-graphs.js';
import { disposeAll } from './dispose-all.js';
import type { BlockSums, Exchange, ForwardOptions, ForwardResult, ReadoutLesson } from './forward.js';
import { lessonTensors, maskTensor, namesRead, readoutTensors, scalarTensors, sumsTensors } from './layer-tensors.js';
import { Pool } from './pool.js';

/** A batch that has been passed forward and can still be learned from. */
interface PendingBatch {
  readonly batch: BatchShape;
  readonly input: Tensors;
  readonly goodness: Tensor;
  /** What peer normalization adds. */
  readonly activity: Tensors;
  /** What the readout adds. */
  readonly readout: Tensors;
}

/**
 * One layer on an engine, or a shard of it: its state, and its graphs, compiled for each shape of a batch. Its width is the
 * number of its own units.
 */
export class Layer {
  /** Of its own units. */
  readonly width: number;
  readonly #state: Record<string, Tensor>;
  /** What is kept of the batch to learn from, [rows, width] each, by name and number of rows. */
  readonly #kept = new Map<string, Tensor>();
  /** Buffers for normalized rows. */
  readonly #normalized = new Pool<Tensor>();
  #pending: PendingBatch | undefined;

  private constructor(
    readonly engine: Engine,
    readonly spec: LayerSpec,
    /** Its own units. */
    readonly range: UnitRange,
    state: Record<string, Tensor>,
    readonly graphs: CompiledGraphs,
  ) {
    this.width = widthOf(range);
    this.#state = state;
  }

  /** A layer in its initial state. @param key the layer's own @param range and @param graphs as of {@link with} */
  static create(
    engine: Engine,
    spec: LayerSpec,
    key: RandomKey,
    range = allUnits(spec),
    graphs = new CompiledGraphs(engine),
  ): Layer {
    return Layer.with(engine, spec, (entry) => initialState(spec, entry, key, range.from), range, graphs);
  }

  /**
   * A layer whose state is what `numbersOf` gives for each of its matrices.
   * @param range of a shard @param graphs of this engine, for layers of this spec and range alone
   */
  static with(
    engine: Engine,
    spec: LayerSpec,
    numbersOf: (entry: StateEntry) => Float32Array,
    range = allUnits(spec),
    graphs = new CompiledGraphs(engine),
  ): Layer {
    const entries = layerState(spec, range).map((entry) => {
      return [entry.name, engine.tensor(entry.shape, numbersOf(entry))] as const;
    });
    return new Layer(engine, spec, range, Object.fromEntries(entries), graphs);
  }

  /** A trained layer, which passes rows forward and no longer learns. @param tensors its parameters */
  static restore(engine: Engine, spec: LayerSpec, tensors: readonly NamedTensor[]): Layer {
    const entries = tensors.map(({ name, shape, data }) => {
      return [name, engine.tensor([shape[0] ?? 1, shape[1] ?? 1], data)] as const;
    });
    return new Layer(engine, spec, allUnits(spec), Object.fromEntries(entries), new CompiledGraphs(engine));
  }

  /** Whether it has only some of its layer's units. */
  get isShard(): boolean {
    return this.width < this.spec.units;
  }

  /** Whether it has the layer's first units, and so speaks for all of it where there is one thing to say. */
  get isFirst(): boolean {
    return this.range.from === 0;
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
    const given = Array.from(inputShapes(spec, batch), ([name, shape]) => [name, engine.tensor(shape, input[name])]);
    const masks =
      options.learn && spec.dropout > 0 ? { mask: maskTensor(engine, [rows, this.width], options.mask) } : {};
    const source: Tensors = { ...(Object.fromEntries(given) as Tensors), ...masks };
    const goodness = engine.tensor([rows, 1]);
    const normalized = options.normalized
      ? this.#normalized.take(`${rows}`, () => engine.tensor([rows, this.width]))
      : undefined;
    const readout = readoutTensors(engine, spec, batch, this.width, options);
    const { [READOUT_MASK]: readoutMask, ...read } = readout;
    const results = { goodness, ...(normalized && { normalized: normalized.item }), ...read };
    const all = { ...source, ...(readoutMask && { [READOUT_MASK]: readoutMask }) };
    const { exchange } = options;
    const activity =
      exchange === undefined || !this.isShard
        ? await this.#forwardWhole(all, batch, options.learn, results)
        : await this.#forwardShard(all, batch, options.learn, results, exchange);
    const result: ForwardResult = {
      goodness: await goodness.read(),
      logits: await readout['logits']?.read(),
      normalized: normalized && { data: await normalized.item.read(), release: normalized.release },
    };
    if (options.learn) {
      this.#pending = { batch, input: source, goodness, activity, readout };
    } else {
      disposeAll(source, { goodness }, readout);
    }
    return result;
  }

  /**
   * Learns from the rows last passed forward with `learn`.
   * @param lesson of the readout, where the layer has one
   */
  async learn(scalars: StepScalars, lesson?: ReadoutLesson): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const { batch, input, goodness, activity, readout } = pending;
    const compiled = await this.#compiled('learn', batch, () => learnGraph(this.spec, batch, this.range));
    const step = scalarTensors(this.engine, { ...scalars });
    const taught = lesson === undefined ? {} : lessonTensors(this.engine, this.spec, batch, lesson);
    const { [MEAN_ACTIVITY]: _, ...read } = this.#state;
    const learned = learnsThroughReadout(this.spec) ? {} : { goodness };
    await compiled.run(
      { ...input, ...this.#keptFor(batch.rows), ...learned, ...activity, ...readout, ...step, ...taught, ...read },
      this.#state,
    );
    disposeAll(input, { goodness }, activity, readout, step, taught);
  }

  /**
   * All that the layer needs to go on learning, except its step count. Views of its memory, valid until it learns again.
   */
  async state(): Promise<NamedTensor[]> {
    const entries = Object.entries(this.#state);
    return Promise.all(
      entries.map(async ([name, tensor]) => ({ name, shape: tensor.shape, data: await tensor.read() })),
    );
  }

  /** Activations of the batch that is yet to be learned from, [rows, width], before normalization; valid until then. */
  async activations(): Promise<Float32Array | undefined> {
    return this.#pending && this.#keptFor(this.#pending.batch.rows)['activations']?.read();
  }

  /** [width, inputs]. A view of the layer's memory, which changes with the next update. */
  async weights(): Promise<Float32Array> {
    return this.#tensor('weights').read();
  }

  /** Copies of what the layer has learned, in the order that hashes take it. */
  async parameters(): Promise<NamedTensor[]> {
    return Promise.all(
      parametersOf(this.spec).map(async (name) => {
        const tensor = this.#tensor(name);
        return { name, shape: tensor.shape, data: Float32Array.from(await tensor.read()) };
      }),
    );
  }

  /** Frees the layer's tensors; graphs and engine stay. */
  dispose(): void {
    for (const tensor of [...this.#kept.values(), ...this.#normalized.idle()]) tensor.dispose();
    const { input, goodness, activity, readout } = this.#pending ?? {};
    disposeAll(this.#state, { ...input, ...activity, ...readout, goodness });
  }

  /** @returns what the learning step needs for peer normalization */
  async #forwardWhole(source: Tensors, batch: BatchShape, learns: boolean, results: Tensors): Promise<Tensors> {
    const normalized = 'normalized' in results;
    const compiled = await this.#compiled(`forward ${learns} ${normalized}`, batch, () => {
      return forwardGraph(this.spec, batch, { activations: learns, normalized });
    });
    const activity = learns ? this.#activity(blocksOf(this.spec.units).length) : {};
    const kept = learns ? this.#keptFor(batch.rows) : {};
    await compiled.run({ ...source, ...this.#read(batch, learns) }, { ...results, ...kept, ...activity });
    return activity;
  }

  /** As {@link #forwardWhole}, with the sums of the layer's other shards. */
  async #forwardShard(
    source: Tensors,
    batch: BatchShape,
    learns: boolean,
    results: Tensors,
    exchange: Exchange,
  ): Promise<Tensors> {
    const { engine, spec, range } = this;
    const { rows } = batch;
    const sums = await this.#compiled(`sums ${learns}`, batch, () => sumsGraph(spec, batch, learns, range));
    const { activations, ...inputs } = this.#keptFor(rows) as { readonly activations: Tensor } & Tensors;
    const exchanged = exchangedSums(spec, batch, learns);
    const tensorsOf = (blocks: number, numbers: BlockSums = {}): Tensors =>
      sumsTensors(engine, spec, batch, exchanged, blocks, numbers);
    const own = tensorsOf(blocksOf(spec.units, range).length);
    const next = learns ? this.#nextActivity() : {};
    await sums.run(
      { ...source, ...this.#read(batch, learns) },
      { activations, ...(learns ? inputs : {}), ...own, ...next },
    );
    const read = exchanged.map(async ({ name }) => {
      // A copy, since it may still be on its way to another shard when the next batch is computed.
      return [name, Float32Array.from((await own[sumsName(name)]?.read()) ?? [])] as const;
    });
    const whole = tensorsOf(
      blocksOf(this.spec.units).length,
      await exchange(Object.fromEntries(await Promise.all(read))),
    );
    const normalized = 'normalized' in results;
    const finish = await this.#compiled(`finish ${learns} ${normalized}`, batch, () => {
      return finishGraph(spec, batch, { activations: learns, normalized }, range);
    });
    const { [sumsName(ACTIVITY)]: activity, ...ofRows } = whole;
    await finish.run(normalized ? { ...ofRows, activations } : ofRows, results);
    disposeAll(ofRows, own);
    return activity === undefined ? next : { ...next, [sumsName(ACTIVITY)]: activity };
  }

  /** The state that a forward pass reads. */
  #read(batch: BatchShape, learns: boolean): Tensors {
    return Object.fromEntries(namesRead(this.spec, batch, learns).map((name) => [name, this.#tensor(name)]));
  }

  /** Where a forward pass puts what peer normalization needs; nothing without it. */
  #activity(blocks: number): Tensors {
    if (this.spec.peerNormalization === 0) return {};
    return { ...this.#nextActivity(), [sumsName(ACTIVITY)]: this.engine.tensor([1, blocks]) };
  }

  /** Of its own units; nothing without peer normalization. */
  #nextActivity(): Tensors {
    return this.spec.peerNormalization > 0 ? { nextMeanActivity: this.engine.tensor([1, this.width]) } : {};
  }

  #compiled(kind: string, batch: BatchShape, build: () => Graph): Promise<CompiledGraph> {
    const { rows, images, pairs, readout } = batch;
    return this.graphs.get(`${kind} ${[rows, images, pairs, readout?.from, readout?.to].join(' ')}`, build);
  }

  /** Where what is kept of a batch goes until the layer has learned from it: activations, and what their gradient needs. */
  #keptFor(rows: number): Tensors {
    return Object.fromEntries(
      ['activations', ...keptOf(this.spec)].map((name) => {
        const key = `${name} ${rows}`;
        const tensor = this.#kept.get(key) ?? this.engine.tensor([rows, this.width]);
        this.#kept.set(key, tensor);
        return [name, tensor];
      }),
    );
  }

  #tensor(name: string): Tensor {
    return this.#state[name] as Tensor;
  }
}
