import { learnsThroughReadout, negativesOf } from '@layerline/forward-forward';
import type { RowRange } from '@layerline/forward-forward';
import { rowCount } from '@layerline/protocol';
import type { Rows } from '@layerline/protocol';
import type { Plan } from './plan.js';

/** What of a plan says which rows frames have. */
export type RowsOf = Pick<Plan, 'data' | 'layers' | 'batch' | 'negatives' | 'readout' | 'labels' | 'onePass' | 'hard'>;
/** What tells the rows of a frame apart. */
export type RowsHead = Pick<Rows, 'purpose' | 'positive' | 'negative' | 'neutral'>;

/** How many classes there are, and so labels that an image is scored under. */
export function classesOf({ data }: Pick<Plan, 'data'>): number {
  return data.classes.length;
}

/** Whether layers learn from pairs, and not from labelled rows alone. */
export function hasPairs({ layers }: Pick<Plan, 'layers'>): boolean {
  return !layers.every(learnsThroughReadout);
}

/** Whether layers have linear readouts. */
export function hasReadouts({ readout }: Pick<Plan, 'readout'>): boolean {
  return readout !== undefined;
}

/** Whether layers learn without labels among their inputs. */
export function isBlind(plan: Pick<Plan, 'layers' | 'labels'>): boolean {
  return plan.labels === 'none' || !hasPairs(plan);
}

/**
 * The sum of squares of a label, with which rows are brought to mean square 1: that of a class, also for rows without a label that
 * stand beside others with one; of the neutral label where there is no other.
 */
export function labelSquares(plan: Pick<Plan, 'data' | 'layers' | 'labels'>): number {
  return isBlind(plan) ? 1 / classesOf(plan) : 1;
}

/** The rows of a training batch: pairs, and for readouts that could read a label in them, the same images without one. */
export function trainingHead(plan: Omit<RowsOf, 'data'>): RowsHead {
  const { batch, labels } = plan;
  const pairs = hasPairs(plan) ? batch : 0;
  const isNeutral = hasReadouts(plan) && !(labels === 'none' && pairs > 0);
  return { purpose: 'train', positive: pairs, negative: pairs, neutral: isNeutral ? batch : 0 };
}

/** Whether images are judged by readouts alone, from a row without a label. */
export function isOnePass(plan: Pick<Plan, 'layers' | 'readout' | 'labels' | 'onePass'>): boolean {
  return hasReadouts(plan) && (plan.onePass === true || isBlind(plan));
}

/** Under how many labels an image is scored by goodness; 0 where readouts alone judge. */
export function scoredLabels(plan: Pick<Plan, 'data' | 'layers' | 'readout' | 'labels' | 'onePass'>): number {
  return isOnePass(plan) ? 0 : classesOf(plan);
}

/** Rows of an image that is judged: one for each label, then one without a label for readouts. */
export function scoredCopies(plan: Pick<Plan, 'data' | 'layers' | 'readout' | 'labels' | 'onePass'>): number {
  return scoredLabels(plan) + Number(hasReadouts(plan));
}

/** Rows of a training image that is ranked for hard negatives. */
function rankedCopies({ hard, data }: Pick<Plan, 'hard' | 'data'>): number {
  return hard?.by === 'readout' ? 1 : classesOf({ data });
}

/** Rows of each image in frames that nothing is learned from. */
export function copiesOf(plan: RowsOf, purpose: RowsHead['purpose']): number {
  return purpose === 'rank' ? rankedCopies(plan) : scoredCopies(plan);
}

/** Images per frame of an evaluation, or of a ranking: about as many rows as in a training batch. */
export function imagesPerFrame(plan: RowsOf, purpose: 'score' | 'rank'): number {
  return Math.max(1, Math.floor((2 * plan.batch) / copiesOf(plan, purpose)));
}

/** Images per frame of an evaluation. */
export function imagesPerScoreFrame(plan: RowsOf): number {
  return imagesPerFrame(plan, 'score');
}

/** The images that rows are copies of. A wrong label is laid over the positive row's own image, a hybrid is another image. */
export function imagesOf(plan: RowsOf, rows: RowsHead): number {
  const count = rowCount(rows);
  if (rows.purpose !== 'train') return count / copiesOf(plan, rows.purpose);
  const isShared = rows.positive > 0 && negativesOf(plan.negatives).imagesPerPair === 1;
  return isShared ? rows.positive : count;
}

/** The rows that readouts read: those without a label. Undefined where there are none. */
export function readoutRows(plan: RowsOf, rows: RowsHead): RowRange | undefined {
  if (!hasReadouts(plan)) return undefined;
  const count = rowCount(rows);
  switch (rows.purpose) {
    case 'train':
      return rows.neutral > 0 ? { from: count - rows.neutral, to: count } : { from: 0, to: rows.positive };
    case 'rank':
      return plan.hard?.by === 'readout' ? { from: 0, to: count } : undefined;
    default:
      return { from: scoredLabels(plan) * imagesOf(plan, rows), to: count };
  }
}
