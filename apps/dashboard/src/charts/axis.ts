import type { Points } from './points.js';

/** What charts are drawn against. */
export const X_AXES = ['step', 'epoch', 'images', 'wall', 'training'] as const;
export type XAxis = (typeof X_AXES)[number];

/** From lower to upper end. */
export type Range = readonly [number, number];

/** When a run was where: columns of one of its series. */
export type Times = Pick<Points, 'step' | 'at' | 'trainSeconds'>;

/** What places a point of a run on each of the axes. */
export interface Pace {
  /** Images per step. */
  readonly batch: number;
  readonly batchesPerEpoch: number;
  /** When training began, in milliseconds since 1970: wall time counts from then. */
  readonly startedAt: number;
}

const MILLISECONDS = 1000;

/** When the training began whose times these are: evaluations, and pauses, before the first of them are not known. */
export function startOf({ at, trainSeconds }: Times): number {
  return (at[0] ?? 0) - (trainSeconds[0] ?? 0) * MILLISECONDS;
}

/** Where the points lie on an axis; times are in seconds. Ascending. */
export function placesOf(axis: XAxis, pace: Pace, times: Times): number[] {
  switch (axis) {
    case 'step':
    case 'epoch':
    case 'images':
      return times.step.map((step) => step * perStep(axis, pace));
    case 'wall':
      return times.at.map((at) => (at - pace.startedAt) / MILLISECONDS);
    case 'training':
      return [...times.trainSeconds];
  }
}

/** The step at a place of an axis, between those that are known; beyond them, the outermost. Whole only by chance. */
export function stepAt(axis: XAxis, pace: Pace, times: Times, place: number): number {
  if (axis === 'step' || axis === 'epoch' || axis === 'images') return place / perStep(axis, pace);
  return interpolate(placesOf(axis, pace, times), times.step, place);
}

/** Where a step lies on an axis, between those whose times are known. */
export function placeOfStep(axis: XAxis, pace: Pace, times: Times, step: number): number {
  if (axis === 'step' || axis === 'epoch' || axis === 'images') return step * perStep(axis, pace);
  return interpolate(times.step, placesOf(axis, pace, times), step);
}

/** Where a moment lies on an axis. @param at milliseconds since 1970 */
export function placeOfMoment(axis: XAxis, pace: Pace, times: Times, at: number): number {
  if (axis === 'wall') return (at - pace.startedAt) / MILLISECONDS;
  return interpolate(times.at, placesOf(axis, pace, times), at);
}

function perStep(axis: 'step' | 'epoch' | 'images', { batch, batchesPerEpoch }: Pace): number {
  return { step: 1, epoch: 1 / batchesPerEpoch, images: batch }[axis];
}

/** The value at `x` of the line through points; beyond its ends, theirs; 0 without points. @param xs ascending */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const after = firstAtLeast(xs, x);
  if (after === 0) return ys[0] ?? 0;
  if (after === xs.length) return ys[after - 1] as number;
  const [x0, x1] = [xs[after - 1] as number, xs[after] as number];
  const [y0, y1] = [ys[after - 1] as number, ys[after] as number];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** The index of the first value that is not below `x`. @param ascending sorted */
export function firstAtLeast(ascending: readonly number[], x: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the value that is closest to `x`; −1 for none. @param ascending sorted */
export function nearest(ascending: readonly number[], x: number): number {
  const after = firstAtLeast(ascending, x);
  if (after === ascending.length) return after - 1;
  return after > 0 && x - (ascending[after - 1] as number) <= (ascending[after] as number) - x ? after - 1 : after;
}
