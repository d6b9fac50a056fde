import { isDeepStrictEqual } from 'node:util';
import {
  copiesOf,
  imagesPerFrame,
  isEvaluated,
  isObserved,
  isRanked,
  positionAt,
  scoredCopies,
  stepAt,
  trainingHead,
} from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Barrier, BarrierOrder, Frame, Rows } from '@layerline/protocol';
import { UnexpectedFrameError } from './errors.js';

/** What tells one frame of rows from another. */
type RowsHeader = Pick<Rows, 'kind' | 'purpose' | 'epoch' | 'batch' | 'positive' | 'negative' | 'neutral'>;
type Header = RowsHeader | Barrier;

/** So many batches of the epoch have passed; `isFresh` where none has yet in this life of the run. */
interface Training {
  readonly at: 'training';
  readonly epoch: number;
  readonly batches: number;
  readonly isFresh: boolean;
}

/** So many frames of the evaluation have passed. */
interface Scoring {
  readonly at: 'scoring';
  readonly epoch: number;
  readonly batches: number;
  /** After one that is not full, no frame follows; a plan that does not count its test images tells nothing else. */
  readonly isOver: boolean;
  readonly then: Place;
}

/** How far a stream has come. */
type Place =
  | Training
  /** So many frames have passed of those that are ranked before the epoch. */
  | { readonly at: 'ranking'; readonly epoch: number; readonly batches: number }
  /** So many batches of the epoch have passed, and the layers are to be observed. */
  | { readonly at: 'observation'; readonly then: Training }
  /** The epoch has ended, and an evaluation follows. */
  | { readonly at: 'evaluation'; readonly epoch: number }
  | Scoring
  /** No more rows follow; `isWhole` where all of the plan have passed. */
  | { readonly at: 'closing' | 'stored'; readonly isWhole: boolean }
  | { readonly at: 'ended' };

/** A frame that may come next, and where the stream is then. */
type Step = readonly [due: Header, next: Place];

const STORE_MODEL = barrier({ type: 'store-model' });

/**
 * Checks the frames that a stage gets against the plan: which batch is due, and where barriers may come. A link notices a gap in
 * the sequence of its frames; this notices what a stage has dropped, doubled or made up and then renumbered. A stream may end
 * early only in the way that the feeder ends it when told to stop.
 */
export class ExpectedStream {
  #place: Place;

  /**
   * @param step the training batches of the run that have passed before
   * @param producer the stage that the frames come from, for messages
   */
  constructor(
    readonly plan: Plan,
    step: number,
    readonly producer: string,
  ) {
    this.#place = { at: 'training', ...positionAt(step, plan), isFresh: true };
  }

  /** Takes note of the next frame. @throws UnexpectedFrameError where it is not one that can come next */
  accept(frame: Frame): void {
    const steps = this.#steps(this.#place);
    const step = steps.find(([due]) => isSame(due, frame, this.plan));
    if (step === undefined) {
      throw new UnexpectedFrameError(
        this.producer,
        steps.map(([due]) => describeFrame(due)),
        describeFrame(frame),
      );
    }
    const [due, next] = step;
    const isShort = due.kind === 'rows' && frame.kind === 'rows' && frame.neutral < due.neutral;
    this.#place = isShort && next.at === 'scoring' ? { ...next, isOver: true } : next;
  }

  #steps(place: Place): Step[] {
    switch (place.at) {
      case 'training':
        return this.#trainingSteps(place);
      case 'ranking':
        return this.#rankingSteps(place.epoch, place.batches);
      case 'observation': {
        return [[barrier({ type: 'observe', step: stepAt(place.then, this.plan) }), place.then]];
      }
      case 'evaluation':
        return [
          evaluateThen(place.epoch, this.#nextEpoch(place.epoch)),
          [STORE_MODEL, { at: 'stored', isWhole: false }],
        ];
      case 'scoring':
        return this.#scoringSteps(place);
      case 'closing':
        return [[STORE_MODEL, { at: 'stored', isWhole: place.isWhole }]];
      case 'stored':
        return [
          ...(place.isWhole ? [[end('completed'), { at: 'ended' }] satisfies Step] : []),
          // It may have been told to stop when the last batch had passed already.
          [end('stopped'), { at: 'ended' }],
        ];
      case 'ended':
        return [];
    }
  }

  #trainingSteps(place: Training): Step[] {
    const { epoch, batches, isFresh } = place;
    const { batchesPerEpoch } = this.plan;
    const isWhole = batches === batchesPerEpoch;
    const steps: Step[] = [];
    if (!isWhole) {
      const due = { kind: 'rows', epoch, batch: batches, ...trainingHead(this.plan) } as const;
      const then: Training = { at: 'training', epoch, batches: batches + 1, isFresh: false };
      steps.push([due, isObserved(then.batches, this.plan) ? { at: 'observation', then } : then]);
    }
    if (batches > 0) {
      steps.push([barrier({ type: 'snapshot', step: stepAt(place, this.plan) }), place]);
      // An operator has asked for them.
      const counts = { positive: 0, negative: 0, neutral: scoredCopies(this.plan) };
      steps.push([{ kind: 'rows', purpose: 'look', epoch, batch: batches, ...counts }, place]);
      steps.push(evaluateThen(epoch, place));
    }
    const next: Place = isWhole ? this.#afterEpoch(epoch) : { at: 'closing', isWhole: false };
    steps.push([barrier({ type: 'epoch-end', epoch, batches }), next]);
    // The feeder was told to stop between two epochs, or before it began.
    if (isFresh) steps.push([STORE_MODEL, { at: 'stored', isWhole: false }]);
    return steps;
  }

  #scoringSteps(place: Scoring): Step[] {
    const { epoch, batches, isOver, then } = place;
    const steps: Step[] = [];
    const images = this.#imagesOfScoreFrame(batches);
    if (!isOver && images > 0) {
      const counts = { positive: 0, negative: 0, neutral: images * scoredCopies(this.plan) };
      const due = { kind: 'rows', purpose: 'score', epoch, batch: batches, ...counts } as const;
      steps.push([due, { ...place, batches: batches + 1 }]);
    }
    const isWhole = this.plan.testRows === undefined ? batches > 0 : images === 0;
    if (isWhole) steps.push([barrier({ type: 'evaluated', epoch }), then]);
    // The feeder was told to stop: it leaves off, and within an epoch goes on to the end of that.
    if (then.at !== 'training' || then.epoch !== epoch)
      return [...steps, [STORE_MODEL, { at: 'stored', isWhole: false }]];
    const ends = this.#trainingSteps(then).filter(([{ kind }, next]) => kind === 'barrier' && next.at !== 'scoring');
    return [...steps, ...ends];
  }

  #rankingSteps(epoch: number, batches: number): Step[] {
    const most = imagesPerFrame(this.plan, 'rank');
    const left = (this.plan.trainRows ?? 0) - batches * most;
    const stops: Step = [STORE_MODEL, { at: 'stored', isWhole: false }];
    if (left <= 0) return [...this.#trainingSteps({ at: 'training', epoch, batches: 0, isFresh: true })];
    const neutral = Math.min(most, left) * copiesOf(this.plan, 'rank');
    const due = { kind: 'rows', purpose: 'rank', epoch, batch: batches, positive: 0, negative: 0, neutral } as const;
    return [[due, { at: 'ranking', epoch, batches: batches + 1 }], stops];
  }

  /** How many images a frame of an evaluation has; 0 after the last one. @param batches frames before it */
  #imagesOfScoreFrame(batches: number): number {
    const most = imagesPerFrame(this.plan, 'score');
    const { testRows = Infinity, data } = this.plan;
    return Math.max(0, Math.min(most, data.validation + testRows - batches * most));
  }

  #afterEpoch(epoch: number): Place {
    return isEvaluated(epoch, this.plan) ? { at: 'evaluation', epoch } : this.#nextEpoch(epoch);
  }

  #nextEpoch(epoch: number): Place {
    if (epoch === this.plan.epochs) return { at: 'closing', isWhole: true };
    return this.#beginning(epoch + 1);
  }

  /** Before the first batch of an epoch. */
  #beginning(epoch: number): Place {
    if (isRanked(epoch, this.plan)) return { at: 'ranking', epoch, batches: 0 };
    return { at: 'training', epoch, batches: 0, isFresh: true };
  }
}

function end(outcome: 'completed' | 'stopped'): Barrier {
  return barrier({ type: 'end', outcome });
}

function barrier(order: BarrierOrder): Barrier {
  return { kind: 'barrier', order };
}

/** The beginning of an evaluation. */
function evaluateThen(epoch: number, then: Place): Step {
  return [barrier({ type: 'evaluate', epoch }), { at: 'scoring', epoch, batches: 0, isOver: false, then }];
}

/**
 * Whether a frame is the one that is due. Of a plan that does not count its test images, an evaluation's last frame may
 * be shorter.
 */
function isSame(due: Header, frame: Frame, plan: Plan): boolean {
  if (due.kind === 'barrier') return frame.kind === 'barrier' && isDeepStrictEqual(due.order, frame.order);
  if (frame.kind === 'barrier') return false;
  const { purpose, epoch, batch, positive, negative, neutral } = frame;
  const mayBeShort = plan.testRows === undefined && purpose === 'score';
  const isLast = mayBeShort && neutral > 0 && neutral < due.neutral && neutral % scoredCopies(plan) === 0;
  return (
    purpose === due.purpose &&
    epoch === due.epoch &&
    batch === due.batch &&
    positive === due.positive &&
    negative === due.negative &&
    (neutral === due.neutral || isLast)
  );
}

/** A frame in the words of a message, with batches counted from 1 as in all that people read. */
export function describeFrame(header: Header): string {
  if (header.kind === 'barrier') {
    const { type, ...of } = header.order;
    const keys = Object.entries(of).map(([key, value]) => `${key} ${value}`);
    return keys.length === 0 ? type : `${type} (${keys.join(', ')})`;
  }
  const { purpose, epoch, batch, positive, negative, neutral } = header;
  return `${purpose} batch ${batch + 1} of epoch ${epoch} (${positive} + ${negative} + ${neutral} rows)`;
}
