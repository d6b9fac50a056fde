import type { Dataset } from '@layerline/datasets';
import { isEvaluated, isObserved, isRanked, positionAt } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { BarrierOrder, Frame, LookRequest, StreamOrder } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import { HardNegatives, isEnd } from './hard-negatives.js';
import type { FeederState } from './hard-negatives.js';
import { RowSource } from './row-source.js';

/**
 * The head of the pipeline: sends training rows, epoch by epoch, with score rows and barriers between them. Orders and the
 * clock decide when it sends and where snapshots are taken, and nothing that changes a number.
 */
export class FeederRole implements Role {
  readonly isHead = true;
  readonly #rows: RowSource;
  readonly #hard: HardNegatives;
  /** Training batches of the whole run that have been sent. */
  #step: number;
  #stopped = false;
  #isPaused = false;
  /** Makes a stream that is held look at its orders again; undefined while it flows. */
  #wake: (() => void) | undefined;
  /** The step of the snapshot that is being stored: there is one at a time. */
  #underWay: number | undefined;
  /** The step of the last snapshot: another one at the same step would be no different. */
  #taken: number;
  #snapshotWanted = false;
  #evaluationWanted = false;
  readonly #looksWanted: LookRequest[] = [];
  /** Whether all answers to the last ranking have come. */
  #ranked: Promise<boolean> = Promise.resolve(true);
  /** Of the snapshot's own part. */
  #storing: Promise<void> = Promise.resolve();

  /**
   * @param before where the run goes on: the training batches that were sent in earlier lives, and the feeder's part of
   * the snapshot
   */
  constructor(
    readonly plan: Plan,
    dataset: Dataset,
    readonly services: Pick<StageServices, 'storeSnapshot'>,
    before: { readonly step: number; readonly state?: FeederState } = { step: 0 },
  ) {
    this.#rows = new RowSource(plan, dataset);
    this.#hard = new HardNegatives(plan, dataset.train.labels, before.state);
    this.#step = before.step;
    this.#taken = before.step;
  }

  /** @param feedback from the evaluator, where negatives depend on it; ends with the stream */
  async *transform(feedback: AsyncIterable<Frame> = nothing()): AsyncGenerator<Frame> {
    const { epochs } = this.plan;
    let { epoch, batches } = positionAt(this.#step, this.plan);
    let isFirst = true;
    const answers = feedback[Symbol.asyncIterator]();
    for (; epoch <= epochs && !this.#stopped; epoch++, batches = 0) {
      if (batches === 0 && isRanked(epoch, this.plan)) {
        yield* this.#ranking(epoch, answers);
        if (this.#stopped) break;
      }
      for (const rows of this.#rows.trainRows(epoch, batches, this.#hard.weights)) {
        await this.#held();
        // Before the first batch of an epoch, the end of the one before has already been sent, and a step stands for
        // the place before it.
        if (batches > 0 && this.#step !== this.#taken && this.#isSnapshotOpen()) {
          yield this.#snapshot();
          await this.#held();
        }
        while (batches > 0 && this.#isLookedInto() && !this.#stopped) {
          yield* this.#looks(epoch, batches);
          if (this.#evaluationWanted) {
            this.#evaluationWanted = false;
            yield* this.#evaluation(epoch, 'through any pause');
          }
          await this.#held();
        }
        if (this.#stopped) break;
        yield isFirst ? { ...rows, sentAt: Date.now() } : rows;
        isFirst = false;
        batches++;
        this.#step++;
        if (isObserved(batches, this.plan)) yield barrier({ type: 'observe', step: this.#step });
        if (this.#isSnapshotDue()) yield this.#snapshot();
      }
      // In a run's last epoch, this is the last place for them.
      if (batches > 0) yield* this.#looks(epoch, batches);
      // A run that was stopped can then go on from here.
      if (this.#stopped && batches > 0 && this.plan.snapshotEvery > 0) yield this.#snapshot();
      yield barrier({ type: 'epoch-end', epoch, batches });
      if (isEvaluated(epoch, this.plan)) yield* this.#evaluation(epoch, 'held by a pause');
    }
    yield barrier({ type: 'store-model' });
    yield barrier({ type: 'end', outcome: this.#stopped ? 'stopped' : 'completed' });
    await this.#hearOut(answers);
  }

  /** The evaluator ends what it says with our stream. */
  async #hearOut(answers: AsyncIterator<Frame>): Promise<void> {
    let isOver = !(await this.#ranked);
    while (!isOver) {
      const next = await answers.next();
      isOver = next.done === true || isEnd(next.value);
    }
    await answers.return?.();
  }

  /** All training rows, to be ranked for the negatives of an epoch, none of whose rows is sent before the last answer is here. */
  async *#ranking(epoch: number, answers: AsyncIterator<Frame>): AsyncGenerator<Frame> {
    this.#ranked = this.#hard.take(answers);
    // A failure is met once all rows are out.
    this.#ranked.catch(() => undefined);
    for (const rows of this.#rows.rankRows(epoch)) {
      await this.#held();
      if (this.#stopped) return;
      yield rows;
    }
    // Told to leave, it has lost its links.
    if (!(await this.#ranked) && !this.#stopped)
      throw new ProtocolError('evaluator ended its answers before the last row that was ranked');
  }

  /** The test set under every label, between the barriers of an evaluation; less where the stream is stopped meanwhile. */
  async *#evaluation(epoch: number, how: 'held by a pause' | 'through any pause'): AsyncGenerator<Frame> {
    const frames = [
      [barrier({ type: 'evaluate', epoch })],
      this.#rows.scoreRows(epoch),
      [barrier({ type: 'evaluated', epoch })],
    ];
    for (const some of frames) {
      for (const frame of some) {
        if (how === 'held by a pause') await this.#held();
        if (this.#stopped) return;
        yield frame;
      }
    }
  }

  /** All looks that are wanted. @param batches of the epoch that have passed */
  *#looks(epoch: number, batches: number): Generator<Frame> {
    for (let look = this.#looksWanted.shift(); look !== undefined; look = this.#looksWanted.shift()) {
      yield this.#rows.lookRows(look, epoch, batches);
    }
  }

  handle(order: StreamOrder): void {
    switch (order.type) {
      case 'stop':
        this.#stopped = true;
        this.#isPaused = false;
        break;
      case 'pause':
        this.#isPaused = true;
        break;
      case 'resume':
        this.#isPaused = false;
        break;
      case 'snapshot':
        this.#snapshotWanted = true;
        break;
      case 'evaluate':
        this.#evaluationWanted = true;
        break;
      case 'look': {
        const { id, image } = order;
        // One that is still wanted is asked for again in each life of a run.
        if (!this.#looksWanted.some((wanted) => wanted.id === id)) this.#looksWanted.push({ id, image });
        break;
      }
      case 'snapshot-settled':
        if (this.#underWay === order.step) this.#underWay = undefined;
        break;
    }
    this.#wake?.();
  }

  async close(): Promise<void> {
    await this.#storing;
  }

  /**
   * Waits while the stream is paused. A snapshot, an evaluation or a look that is wanted lifts the pause until the stream is where
   * there can be one.
   */
  async #held(): Promise<void> {
    while (this.#isPaused && !this.#isSnapshotOpen() && !this.#isLookedInto())
      await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  #isSnapshotOpen(): boolean {
    return this.#snapshotWanted && this.#underWay === undefined;
  }

  /** Whether an operator wants rows to be passed forward that nothing is learned from. */
  #isLookedInto(): boolean {
    return this.#evaluationWanted || this.#looksWanted.length > 0;
  }

  #isSnapshotDue(): boolean {
    const { snapshotEvery } = this.plan;
    const isRegular = snapshotEvery > 0 && this.#step % snapshotEvery === 0;
    return this.#underWay === undefined && (isRegular || this.#snapshotWanted);
  }

  /** The feeder itself has nothing to keep but its position, which is the step, and what hard negatives are drawn by. */
  #snapshot(): Frame {
    const step = this.#step;
    this.#underWay = step;
    this.#taken = step;
    this.#snapshotWanted = false;
    const bytes = new TextEncoder().encode(JSON.stringify({ step, ...this.#hard.state }));
    this.#storing = this.#storing.then(() => this.services.storeSnapshot(step, bytes));
    return barrier({ type: 'snapshot', step });
  }
}

function barrier(order: BarrierOrder): Frame {
  return { kind: 'barrier', order };
}

async function* nothing(): AsyncGenerator<Frame> {}
