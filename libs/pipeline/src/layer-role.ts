import { encodeSafetensors } from '@layerline/checkpoint';
import { learningRateAt, normalizationOf, StepCounter } from '@layerline/forward-forward';
import {
  batchesUntilObserved,
  BLOCKS,
  blocksOfLayer,
  blocksOfObservation,
  blocksOfRows,
  isObserved,
  layerName,
  positionAt,
  piecesOf,
  producersOf,
  shownWeights,
  totalSteps,
} from '@layerline/plan';
import type { Plan, PlannedBlock, StagePlan } from '@layerline/plan';
import type { Barrier, Block, Frame, Rows } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import { readObserved, readRows } from './carried-blocks.js';
import { dropoutMask } from './dropout.js';
import { DivergedError, NotFiniteError } from './errors.js';
import { ExpectedStream } from './expected-stream.js';
import { exchangeOf } from './exchange.js';
import { allFinite } from './finite.js';
import { Gather } from './gather.js';
import type { Layer } from './layer.js';
import { batchOf, blockOf, INPUT_BLOCKS } from './layer-batch.js';
import type { LayerBatch } from './layer-batch.js';
import { shownActivations, shownWeightBlocks } from './look/look-blocks.js';
import { keyFor } from './randomness.js';
import { LayerObserver, SILENCE_BATCHES } from './observation/layer-observer.js';
import type { ObserverBefore } from './observation/layer-observer.js';
import { toBlocks } from './observation/observed-blocks.js';

/** Key of a snapshot's metadata: what had been observed, in JSON. */
export const OBSERVED = 'observed';
/** Matrix of a snapshot, [1, width]: see {@link LayerObserver.quietBatches}. */
export const QUIET_BATCHES = 'quietBatches';

/**
 * A layer of the pipeline: passes every frame's rows forward and, after the result has left, learns from those for
 * training. It sends what it computed before the update, so one forward pass serves both.
 */
export class LayerRole implements Role {
  readonly #steps: StepCounter;
  readonly #expected: ExpectedStream;
  readonly #observer: LayerObserver;
  /** The batch that was learned from last. */
  #learned: Pick<Rows, 'epoch' | 'batch'> | undefined;
  /** The last snapshot, as long as nothing has been learned since. */
  #snapshot: { readonly step: number; readonly observed: ObserverBefore } | undefined;
  /** Of the snapshot on its way to the store. */
  #storing: Promise<void> = Promise.resolve();

  /** The layer's place, counted from 0. */
  readonly #index: number;
  readonly #producers: readonly StagePlan[];

  /**
   * @param stage the layer, or the shard of it, that `layer` is
   * @param step the training batches of the run that `layer` has learned from
   * @param observed what had been observed by then
   */
  constructor(
    readonly plan: Plan,
    readonly stage: StagePlan,
    readonly layer: Layer,
    readonly services: Pick<StageServices, 'storeModel' | 'storeSnapshot' | 'exchange'>,
    step = 0,
    observed?: ObserverBefore,
  ) {
    this.#index = stage.layer ?? 0;
    this.#producers = producersOf(stage, plan);
    this.#observer = new LayerObserver(layer.spec, layer.range, observed);
    this.#steps = new StepCounter(layer.spec.optimizer, step);
    this.#expected = new ExpectedStream(plan, step, this.#producers[0]?.stage ?? '');
  }

  gather(inputs: readonly AsyncIterable<Frame>[]): AsyncIterable<Frame> {
    return new Gather(this.plan, this.#producers).frames(inputs);
  }

  async *transform(input: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of input) {
      this.#expected.accept(frame);
      if (frame.kind === 'rows') {
        yield await this.#pass(frame);
        if (frame.purpose === 'train') await this.#learn(frame);
        frame.release?.();
      } else {
        if (frame.order.type === 'store-model') await this.#storeModel();
        else if (frame.order.type === 'snapshot') await this.#storeSnapshot(frame.order.step);
        yield frame.order.type === 'observe' ? await this.#observed(frame, frame.order.step) : frame;
      }
    }
  }

  /** The snapshot whose state the layer still has, and what had been observed by then; undefined if it has gone on since. */
  get snapshot(): { readonly step: number; readonly observed: ObserverBefore } | undefined {
    return this.#snapshot;
  }

  /** The layer stays as it is. */
  async close(): Promise<void> {
    await this.#storing;
  }

  async #pass(rows: Rows): Promise<Rows> {
    const { dataOf, labels } = readRows(rows, this.plan, this.#index, this.#expected.producer);
    const { batch, input } = batchOf(rows, this.layer.spec, dataOf);
    const last = this.#index === this.plan.layers.length - 1;
    const learn = rows.purpose === 'train';
    if (learn) this.#snapshot = undefined;
    const isLook = rows.purpose === 'look';
    const exchange = exchangeOf(this.plan, this.stage, rows, this.services.exchange);
    const { goodness, normalized } = await this.layer.forward(input, batch, {
      learn,
      mask: learn ? this.#mask(rows) : undefined,
      normalized: !last || isLook,
      exchange,
    });
    if (!allFinite(goodness)) throw this.#notFinite(rows, input);
    if (learn) await this.#watch(rows, goodness, normalized?.data);
    const blocks: Block[] = rows.blocks.filter(({ name }) => !INPUT_BLOCKS.has(name));
    blocks.push({ name: blocksOfLayer(this.#index).goodness, type: 'f32', shape: [batch.rows, 1], data: goodness });
    if (isLook && normalized !== undefined) blocks.push(...(await this.#shown(normalized.data, labels[0] ?? 0)));
    if (!last && normalized !== undefined) {
      const shape = [batch.rows, this.layer.width] as const;
      blocks.push({ name: BLOCKS.activations, type: 'f32', shape, data: normalized.data });
    }
    const { release: _, ...header } = rows;
    const planned = blocksOfRows(this.plan, this.#index + 1, rows);
    const frame: Rows = { ...header, blocks: this.#piecesOf(planned, blocks) };
    if (normalized === undefined) return frame;
    if (!last) return { ...frame, release: normalized.release };
    normalized.release();
    return frame;
  }

  /** Of dropout, for a training batch; undefined without it. */
  #mask(rows: Rows): Float32Array | undefined {
    const { spec, range } = this.layer;
    if (spec.dropout === 0) return undefined;
    return dropoutMask(keyFor(this.plan.seed, 'dropout', this.#index), rows, rows.positive, range, spec.dropout);
  }

  /** Those of the blocks that it is for this shard to send; all of them where the layer is not cut. */
  #piecesOf(planned: readonly PlannedBlock[], blocks: readonly Block[]): readonly Block[] {
    if (!this.layer.isShard) return blocks;
    const { spec, range } = this.layer;
    const names = new Set(piecesOf(planned, spec.units, range).map(({ name }) => name));
    return blocks.filter(({ name }) => names.has(name));
  }

  /** What this layer shows of itself in a look. @param normalized its activations @param label of the image */
  async #shown(normalized: Float32Array, label: number): Promise<Block[]> {
    const activations = shownActivations(this.#index, normalized, label, this.layer.width);
    if (this.#index > 0 || !this.layer.isFirst) return [activations];
    return [activations, ...shownWeightBlocks(await this.layer.weights(), shownWeights(this.plan), this.plan.data)];
  }

  /**
   * Who is to blame for goodness that is not finite. Input that is not finite always makes the goodness of its row so too, which
   * is why it is checked only here and not in every frame.
   */
  #notFinite(rows: Rows, input: LayerBatch['input']): Error {
    for (const [name, data] of Object.entries(input)) {
      if (allFinite(data)) continue;
      return new NotFiniteError(this.#senderOf(data), blockOf(name), rows.epoch, rows.batch);
    }
    // Rows of an evaluation show what the last batch has done.
    return this.#diverged(rows.purpose === 'train' ? rows : (this.#learned ?? rows));
  }

  /** The stage that has sent the first number that is not finite. */
  #senderOf(data: Float32Array): string {
    const column = data.findIndex((value) => !Number.isFinite(value)) % this.layer.spec.inputs;
    const sender = this.#producers.find(
      ({ range }) => range !== undefined && column >= range.from && column < range.to,
    );
    return sender?.stage ?? this.#expected.producer;
  }

  #diverged({ epoch, batch }: Pick<Rows, 'epoch' | 'batch'> = { epoch: 1, batch: 0 }): Error {
    return new DivergedError(layerName(this.#index), epoch, batch);
  }

  async #learn(rows: Rows): Promise<void> {
    this.#learned = { epoch: rows.epoch, batch: rows.batch };
    const { learningRate, schedule } = this.layer.spec;
    const progress = { step: this.#steps.step, total: totalSteps(this.plan), stepsPerEpoch: this.plan.batchesPerEpoch };
    const rate = learningRateAt(learningRate, schedule, progress);
    const scalars = this.#steps.next(rate);
    if (!isObserved(positionAt(this.#steps.step, this.plan).batches, this.plan)) return this.layer.learn(scalars);
    this.#observer.beforeUpdate(await this.layer.weights());
    await this.layer.learn(scalars);
    this.#observer.afterUpdate(await this.layer.weights(), rate);
  }

  /** Adds a training batch to what the next observation will say. */
  async #watch(rows: Rows, goodness: Float32Array, normalized: Float32Array | undefined): Promise<void> {
    if (this.plan.observeEvery === 0) return;
    this.#observer.addGoodness(goodness, rows.positive);
    // Silent units are looked for in the last batches only.
    if (batchesUntilObserved(rows.batch + 1, this.plan) >= SILENCE_BATCHES) return;
    const { keepsZeros } = normalizationOf(this.layer.spec.normalization.name);
    const activations = (keepsZeros ? normalized : undefined) ?? (await this.layer.activations());
    if (activations !== undefined) this.#observer.addActivity(this.#steps.step + 1, activations);
  }

  /** An `observe` barrier with what this layer has to say. */
  async #observed(barrier: Barrier, step: number): Promise<Barrier> {
    readObserved(barrier, this.plan, this.#index, this.#expected.producer);
    const own = toBlocks(this.#index, this.#observer.take(step, await this.layer.weights()));
    // The last update shows in the weights before it shows in goodness.
    if (!own.every(({ data }) => allFinite(data))) throw this.#diverged(this.#learned);
    const blocks = [...(barrier.blocks ?? []), ...own];
    return { ...barrier, blocks: this.#piecesOf(blocksOfObservation(this.plan, this.#index + 1), blocks) };
  }

  async #storeModel(): Promise<void> {
    const metadata = { layer: layerName(this.#index) };
    await this.services.storeModel(encodeSafetensors(await this.layer.parameters(), metadata));
  }

  /** Copies all numbers, and no more: the stream goes on while the copy is on its way. */
  async #storeSnapshot(step: number): Promise<void> {
    // The next one comes early when the run is stopped or another stage's part has failed: copies must not pile up then.
    await this.#storing;
    const { state } = this.#observer;
    const quiet = this.#observer.quietBatches(step);
    const metadata = { layer: layerName(this.#index), step: `${step}`, [OBSERVED]: JSON.stringify(state) };
    const tensors = [...(await this.layer.state()), { name: QUIET_BATCHES, shape: [1, this.layer.width], data: quiet }];
    const bytes = encodeSafetensors(tensors, metadata);
    this.#snapshot = { step, observed: { ...state, step, quiet } };
    this.#storing = this.services.storeSnapshot(step, bytes);
  }
}
