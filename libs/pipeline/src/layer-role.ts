import { encodeSafetensors } from '@layerline/checkpoint';
import { learningRateAt, learnsThroughReadout, normalizationOf, StepCounter } from '@layerline/forward-forward';
import {
  batchesUntilObserved,
  BLOCKS,
  blocksOfLayer,
  blocksOfObservation,
  blocksOfRows,
  classesOf,
  isObserved,
  layerName,
  positionAt,
  piecesOf,
  producersOf,
  scoredLabels,
  shownWeights,
  totalSteps,
} from '@layerline/plan';
import type { Plan, PlannedBlock, StagePlan } from '@layerline/plan';
import { rowCount } from '@layerline/protocol';
import type { Barrier, Block, Frame, Rows } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import { readObserved, readRows } from './carried-blocks.js';
import { dropoutMask } from './dropout.js';
import { DivergedError, NotFiniteError } from './errors.js';
import { ExpectedStream } from './expected-stream.js';
import { exchangeOf } from './exchange.js';
import type { Carried } from './carried-blocks.js';
import { allFinite } from './finite.js';
import { Gather } from './gather.js';
import type { Layer } from './layer.js';
import { batchOf, blockOf, inputBlocks } from './layer-batch.js';
import type { LayerBatch } from './layer-batch.js';
import { shownActivations, shownWeightBlocks } from './look/look-blocks.js';
import { keyFor } from './randomness.js';
import { Readout } from './readout.js';
import { pairScores } from './scores.js';
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

  readonly #inputBlocks: ReadonlySet<string>;
  readonly #readout: Readout;
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
    this.#readout = new Readout(plan, this.#index, layer.spec, layer.range, step);
    this.#inputBlocks = inputBlocks(plan);
    this.#expected = new ExpectedStream(plan, step, this.#producers[0]?.stage ?? '');
  }

  gather(inputs: readonly AsyncIterable<Frame>[]): AsyncIterable<Frame> {
    return new Gather(this.plan, this.#producers).frames(inputs);
  }

  async *transform(input: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of input) {
      this.#expected.accept(frame);
      if (frame.kind === 'rows') {
        const carried = readRows(frame, this.plan, this.#index, this.#expected.producer);
        const { sent, logits } = await this.#pass(frame, carried);
        yield sent;
        if (frame.purpose === 'train') await this.#learn(frame, carried, logits);
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

  /** @returns what is sent on, and the logits of the layer's own readout */
  async #pass(
    rows: Rows,
    { dataOf, labels }: Carried,
  ): Promise<{ readonly sent: Rows; readonly logits: Float32Array | undefined }> {
    const { batch, input } = batchOf(this.plan, this.#index, rows, dataOf);
    const last = this.#index === this.plan.layers.length - 1;
    const learn = rows.purpose === 'train';
    if (learn) this.#snapshot = undefined;
    const isLook = rows.purpose === 'look';
    const exchange = exchangeOf(this.plan, this.stage, rows, this.services.exchange);
    const { goodness, logits, normalized } = await this.layer.forward(input, batch, {
      learn,
      mask: learn ? this.#mask(rows) : undefined,
      readoutMask: learn ? this.#readout.mask(rows) : undefined,
      normalized: !last || isLook,
      exchange,
    });
    if (!allFinite(goodness) || (logits !== undefined && !allFinite(logits))) throw this.#notFinite(rows, input);
    if (learn) await this.#watch(rows, this.#pairsOf(goodness, logits, labels), normalized?.data);
    const blocks: Block[] = rows.blocks.filter(({ name }) => !this.#inputBlocks.has(name)).map(keepable);
    const names = blocksOfLayer(this.#index);
    blocks.push({ name: names.goodness, type: 'f32', shape: [batch.rows, 1], data: goodness });
    if (logits !== undefined) {
      blocks.push({
        name: names.logits,
        type: 'f32',
        shape: [logits.length / classesOf(this.plan), classesOf(this.plan)],
        data: logits,
      });
    }
    if (isLook && normalized !== undefined)
      blocks.push(...(await this.#shown(normalized.data, scoredLabels(this.plan) === 0 ? 0 : (labels[0] ?? 0))));
    if (!last && normalized !== undefined) {
      const shape = [batch.rows, this.layer.width] as const;
      blocks.push({ name: BLOCKS.activations, type: 'f32', shape, data: normalized.data });
    }
    const { release: _, ...header } = rows;
    const planned = blocksOfRows(this.plan, this.#index + 1, rows);
    const due = new Set(planned.map(({ name }) => name));
    const frame: Rows = {
      ...header,
      blocks: this.#piecesOf(
        planned,
        blocks.filter(({ name }) => due.has(name)),
      ),
    };
    if (normalized === undefined) return { sent: frame, logits };
    if (!last) return { sent: { ...frame, release: normalized.release }, logits };
    normalized.release();
    return { sent: frame, logits };
  }

  /** What stands for goodness in pairs of rows, which a layer that learns through its readout does not have. */
  #pairsOf(goodness: Float32Array, logits: Float32Array | undefined, labels: Uint8Array): Float32Array {
    const { spec } = this.layer;
    return logits !== undefined && learnsThroughReadout(spec) ? pairScores(logits, labels) : goodness;
  }

  /** Of dropout, for a training batch; undefined without it. */
  #mask(rows: Rows): Float32Array | undefined {
    const { spec, range } = this.layer;
    if (spec.dropout === 0) return undefined;
    const key = keyFor(this.plan.seed, 'dropout', this.#index);
    return dropoutMask(key, rows, this.plan.batch, range, spec.dropout, rowCount(rows) / this.plan.batch);
  }

  /** Those of the blocks that it is for this shard to send; all of them where the layer is not cut. */
  #piecesOf(planned: readonly PlannedBlock[], blocks: readonly Block[]): readonly Block[] {
    if (!this.layer.isShard) return blocks;
    const { spec, range } = this.layer;
    const names = new Set(piecesOf(planned, spec.units, range).map(({ name }) => name));
    return blocks.filter(({ name }) => names.has(name));
  }

  /** What this layer shows of itself in a look. @param normalized its activations @param row that is shown */
  async #shown(normalized: Float32Array, row: number): Promise<Block[]> {
    const activations = shownActivations(this.#index, normalized, row, this.layer.width);
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

  async #learn(rows: Rows, carried: Carried, logits: Float32Array | undefined): Promise<void> {
    this.#learned = { epoch: rows.epoch, batch: rows.batch };
    const { learningRate, schedule } = this.layer.spec;
    const progress = { step: this.#steps.step, total: totalSteps(this.plan), stepsPerEpoch: this.plan.batchesPerEpoch };
    const rate = learningRateAt(learningRate, schedule, progress);
    const scalars = this.#steps.next(rate);
    const lesson = logits === undefined ? undefined : this.#readout.lesson(carried, progress);
    if (!isObserved(positionAt(this.#steps.step, this.plan).batches, this.plan))
      return this.layer.learn(scalars, lesson);
    this.#observer.beforeUpdate(await this.layer.weights());
    await this.layer.learn(scalars, lesson);
    this.#observer.afterUpdate(await this.layer.weights(), rate);
  }

  /** Adds a training batch to what the next observation will say. */
  async #watch(rows: Rows, goodness: Float32Array, normalized: Float32Array | undefined): Promise<void> {
    if (this.plan.observeEvery === 0) return;
    this.#observer.addGoodness(goodness, this.plan.batch);
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

/** What goes on beyond this stage: the memory of labels that lie over rows is written again once the stage lets go of it. */
function keepable(block: Block): Block {
  return block.name === BLOCKS.overlay && block.type === 'f32' ? { ...block, data: block.data.slice() } : block;
}
