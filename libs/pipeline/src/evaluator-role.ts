import { evaluatorReport } from '@layerline/api';
import type { EvaluatorReport } from '@layerline/api';
import { BLOCKS, hasPairs, positionAt, producersOf, stageOf, trainedLayers } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Barrier, Frame, Rows } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import * as z from 'zod';
import { readObserved, readRows } from './carried-blocks.js';
import type { Carried } from './carried-blocks.js';
import type { Classification } from './classification.js';
import { Evaluation } from './evaluation.js';
import { ReportError } from './errors.js';
import { ExpectedStream } from './expected-stream.js';
import { Gather } from './gather.js';
import { goodnessSums, GoodnessTally } from './goodness-tally.js';
import { scoresFrame } from './hard-negatives.js';
import { lookOf } from './look/look-blocks.js';
import { observationOf } from './observation/observed-blocks.js';
import { pairScores } from './scores.js';

/** Training reports per epoch, for the metrics file. */
const REPORTS_PER_EPOCH = 20;
/**
 * The longest that the first frame is taken to have been on its way, by the clocks of feeder and evaluator: where these differ by
 * more, its way is not counted.
 */
const LONGEST_WAY_MS = 10_000;
/** How often progress is reported, for people to watch. */
const PROGRESS_INTERVAL_MS = 200;

const MILLISECONDS = 1000;
/** Characters of a failure that are reported. */
const MOST_FAILURE = 4000;

const count = z.number().int().nonnegative();

/** The evaluator's part of a snapshot. */
export const evaluatorState = z.strictObject({
  /** Since the last report, and since the epoch began. */
  interval: goodnessSums,
  epoch: goodnessSums,
  images: count,
  epochs: count,
  trainMilliseconds: z.number(),
  evalMilliseconds: z.number(),
});
export type EvaluatorState = z.infer<typeof evaluatorState>;

/** The evaluator's part of a snapshot before the first batch. */
export function initialEvaluatorState(plan: Plan): EvaluatorState {
  const none = new GoodnessTally(trainedLayers(plan).length).sums;
  return { interval: none, epoch: none, images: 0, epochs: 0, trainMilliseconds: 0, evalMilliseconds: 0 };
}

/** The end of the pipeline: judges rows by the goodness and the logits that the layers have put into their frames. */
export class EvaluatorRole implements Role {
  /** Places of the layers that rows carry the goodness of. */
  readonly #trained: readonly number[];
  readonly #producers: readonly StagePlan[];
  readonly #expected: ExpectedStream;
  readonly #interval: GoodnessTally;
  readonly #epoch: GoodnessTally;
  readonly #before: EvaluatorState | undefined;
  #images: number;
  #epochs: number;
  /** {@link ExpectedStream} lets score rows and the end of an evaluation pass only while there is one. */
  #evaluation: Evaluation | undefined;
  /** Of this life of the run, which is what its clock can tell. */
  #evalMilliseconds = 0;
  /** Time spent in evaluations that more training rows have followed. */
  #evalWithinTraining = 0;
  /** Time spent in evaluations before the first training rows of this life. */
  #evalBeforeTraining: number | undefined;
  /** By the monotonic clock of this process, as all of its times are. */
  #startedAt: number | undefined;
  #lastTrainAt = 0;
  #progressAt = 0;
  /** Of snapshots and looks on their way to the store. */
  #storing: Promise<void> = Promise.resolve();

  /** @param before where the run goes on: at the barrier of a snapshot, with the evaluator's part of that */
  constructor(
    readonly plan: Plan,
    readonly services: Pick<StageServices, 'storeSnapshot' | 'storeLook'> & {
      readonly report: (report: EvaluatorReport) => void;
    },
    before?: { readonly step: number; readonly state?: EvaluatorState },
  ) {
    this.#trained = trainedLayers(plan);
    this.#producers = producersOf(stageOf('evaluator', plan), plan);
    this.#expected = new ExpectedStream(plan, before?.step ?? 0, this.#producers[0]?.stage ?? '');
    this.#before = before?.state;
    this.#interval = new GoodnessTally(this.#trained.length, this.#before?.interval);
    this.#epoch = new GoodnessTally(this.#trained.length, this.#before?.epoch);
    this.#images = this.#before?.images ?? (before?.step ?? 0) * plan.batch;
    this.#epochs = this.#before?.epochs ?? 0;
  }

  /** From the first frame's departure to the last one's arrival, less the evaluations between them. */
  get #trainMilliseconds(): number {
    const here = this.#lastTrainAt - (this.#startedAt ?? this.#lastTrainAt) - this.#evalWithinTraining;
    return (this.#before?.trainMilliseconds ?? 0) + here;
  }

  get #evalMillisecondsInAll(): number {
    return (this.#before?.evalMilliseconds ?? 0) + this.#evalMilliseconds;
  }

  gather(inputs: readonly AsyncIterable<Frame>[]): AsyncIterable<Frame> {
    return new Gather(this.plan, this.#producers).frames(inputs);
  }

  /** Yields what the feeder is told, where its negatives depend on that; the stream of rows ends here. */
  async *transform(input: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of input) {
      this.#expected.accept(frame);
      if (frame.kind === 'barrier') {
        this.#handle(frame);
        if (frame.order.type === 'end' && this.plan.hard !== undefined) yield { kind: 'barrier', order: frame.order };
      } else if (frame.purpose === 'train') this.#train(frame);
      else if (frame.purpose === 'score') this.#score(frame);
      else if (frame.purpose === 'rank') yield scoresFrame(this.plan, this.#trained, frame, this.#read(frame));
      else this.#look(frame);
    }
  }

  async close(): Promise<void> {
    await this.#storing;
  }

  #train(rows: Rows): void {
    this.#lastTrainAt = performance.now();
    this.#startedAt ??= this.#lastTrainAt - wayOf(rows);
    // A life that goes on at the end of an epoch begins with its evaluation.
    this.#evalBeforeTraining ??= this.#evalMilliseconds;
    this.#evalWithinTraining = this.#evalMilliseconds - this.#evalBeforeTraining;
    const { goodness, logits, labels } = this.#read(rows);
    const { batch } = this.plan;
    const ofPairs = hasPairs(this.plan) ? goodness : logits.map((ofLayer) => pairScores(ofLayer, labels));
    this.#interval.add(ofPairs, batch);
    this.#epoch.add(ofPairs, batch);
    this.#images += batch;
    const every = Math.ceil(this.plan.batchesPerEpoch / REPORTS_PER_EPOCH);
    if ((rows.batch + 1) % every === 0) this.#reportTraining('interval', rows.epoch, rows.batch + 1);
    if (this.#lastTrainAt - this.#progressAt < PROGRESS_INTERVAL_MS) return;
    this.#progressAt = this.#lastTrainAt;
    const trainSeconds = this.#trainMilliseconds / MILLISECONDS;
    this.#report({ type: 'progress', epoch: rows.epoch, images: this.#images, trainSeconds });
  }

  #score(rows: Rows): void {
    const { labels, dataOf, ...judged } = this.#read(rows);
    this.#evaluation?.add(judged, labels, dataOf(BLOCKS.pictures, 'u8'));
  }

  /** Reports a look once it can be had. One that cannot be kept ends nothing. */
  #look(rows: Rows): void {
    if (rows.look === undefined) {
      throw new ProtocolError(`${this.#expected.producer} sent rows for a look without the image that is looked at`);
    }
    const look = lookOf(rows, rows.look, this.plan, this.#read(rows));
    const { id, image, step } = look;
    const bytes = new TextEncoder().encode(JSON.stringify(look));
    this.#storing = this.#storing
      .then(() => this.services.storeLook(id, bytes))
      .then(
        () => this.#report({ type: 'looked', look: id, image, step }),
        (error: unknown) =>
          this.#report({
            type: 'looked',
            look: id,
            image,
            step,
            failure: (error as Error).message.slice(0, MOST_FAILURE),
          }),
      );
  }

  #handle(barrier: Barrier): void {
    const { order } = barrier;
    switch (order.type) {
      case 'epoch-end':
        if (order.batches === this.plan.batchesPerEpoch) this.#epochs++;
        this.#reportTraining('epoch', order.epoch, order.batches);
        return;
      case 'evaluate':
        this.#evaluation = new Evaluation(this.plan);
        return;
      case 'evaluated':
        return this.#endEvaluation(order.epoch);
      case 'observe':
        return this.#observe(barrier, order.step);
      case 'snapshot':
        return this.#snapshot(order.step);
      case 'store-model':
        return;
      case 'end':
        return this.#end(order.outcome);
    }
  }

  #endEvaluation(epoch: number): void {
    if (this.#evaluation === undefined) return;
    const { startedAt, classes, wrong, held, byGoodness } = this.#evaluation;
    this.#evaluation = undefined;
    const milliseconds = performance.now() - startedAt;
    this.#evalMilliseconds += milliseconds;
    const trainSeconds = this.#trainMilliseconds / MILLISECONDS;
    const { testError, perLayerError } = classes.errors;
    this.#report({
      type: 'evaluation',
      epoch,
      step: this.#images / this.plan.batch,
      testError,
      perLayerError: this.#byLayer(perLayerError),
      ...(held !== undefined && {
        validationError: held.errors.testError,
        perLayerValidationError: this.#byLayer(held.errors.perLayerError),
      }),
      ...(byGoodness !== undefined && { byGoodness: this.#errorsOf(byGoodness) }),
      seconds: milliseconds / MILLISECONDS,
      trainSeconds,
      confusion: classes.confusion,
      worst: wrong.worst,
    });
  }

  #errorsOf({ errors }: Classification): { testError: number; perLayerError: (number | null)[] } {
    return { testError: errors.testError, perLayerError: this.#byLayer(errors.perLayerError) };
  }

  #observe(barrier: Barrier, step: number): void {
    const layers = readObserved(barrier, this.plan, this.plan.layers.length, this.#expected.producer);
    const { epoch } = positionAt(step, this.plan);
    const trainSeconds = this.#trainMilliseconds / MILLISECONDS;
    this.#report({ type: 'observation', step, epoch, trainSeconds, layers: this.#byLayer(layers.map(observationOf)) });
  }

  #snapshot(step: number): void {
    const state: EvaluatorState = {
      interval: this.#interval.sums,
      epoch: this.#epoch.sums,
      images: this.#images,
      epochs: this.#epochs,
      trainMilliseconds: this.#trainMilliseconds,
      evalMilliseconds: this.#evalMillisecondsInAll,
    };
    this.#report({ type: 'snapshot', step });
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    this.#storing = this.#storing.then(() => this.services.storeSnapshot(step, bytes));
  }

  #end(outcome: 'completed' | 'stopped'): void {
    this.#report({
      type: 'end',
      outcome,
      epochs: this.#epochs,
      images: this.#images,
      trainSeconds: this.#trainMilliseconds / MILLISECONDS,
      evalSeconds: this.#evalMillisecondsInAll / MILLISECONDS,
    });
  }

  #reportTraining(scope: 'interval' | 'epoch', epoch: number, batch: number): void {
    const tally = scope === 'epoch' ? this.#epoch : this.#interval;
    const layers = tally.take();
    if (layers !== undefined) {
      const trained = { images: this.#images, trainSeconds: this.#trainMilliseconds / MILLISECONDS };
      this.#report({ type: 'training', scope, epoch, batch, ...trained, layers: this.#byLayer(layers) });
    }
    if (scope === 'epoch') this.#interval.take();
  }

  /** Checked before it is sent, as JSON would turn NaN and infinity into null on the way. @throws ReportError */
  #report(report: EvaluatorReport): void {
    const { error } = evaluatorReport.safeParse(report);
    if (error !== undefined) throw new ReportError(report.type, error);
    this.services.report(report);
  }

  /** Values of the layers that learn, with null in the place of every other layer. */
  #byLayer<Value>(values: readonly Value[]): (Value | null)[] {
    return this.plan.layers.map((_, index) => values[this.#trained.indexOf(index)] ?? null);
  }

  #read(rows: Rows): Carried {
    return readRows(rows, this.plan, this.plan.layers.length, this.#expected.producer);
  }
}

/** How long a frame was on its way, in milliseconds, as far as the clocks of its two ends tell. */
function wayOf({ sentAt }: Rows): number {
  const way = Date.now() - (sentAt ?? NaN);
  return way > 0 && way < LONGEST_WAY_MS ? way : 0;
}
