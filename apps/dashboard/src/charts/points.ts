import type { Series } from '@layerline/api';

/** A series by columns, as the coordinator sends it: each point stands for a stretch, and is where that ends. */
export type Points = Omit<Series, 'name'>;

/** One value of a series, as an event brings it. */
export interface Sample {
  readonly name: string;
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly trainSeconds: number;
  readonly value: number;
}

const COLUMNS = ['step', 'at', 'trainSeconds', 'least', 'greatest', 'last', 'count', 'smooth'] as const;

export function noPoints(): Points {
  return { step: [], at: [], trainSeconds: [], least: [], greatest: [], last: [], count: [], smooth: [] };
}

/**
 * Adds a value at the end. One that is not beyond the end is known already, because the answer to a request and the stream of
 * events overlap.
 * @param smoothing of the moving average, which is carried on: 0 … 0.999, 0 for none
 * @returns whether it was new
 */
export function append(points: Points, sample: Sample, smoothing: number): boolean {
  if (sample.step <= (points.step.at(-1) ?? -1)) return false;
  if (smoothing > 0) points.smooth.push(smoothed(points, sample.value, smoothing));
  points.step.push(sample.step);
  points.at.push(sample.at);
  points.trainSeconds.push(sample.trainSeconds);
  points.count.push((points.count.at(-1) ?? 0) + 1);
  for (const column of ['least', 'greatest', 'last'] as const) points[column].push(sample.value);
  return true;
}

/** The next value of the debiased moving average: ŝ′ = ŝ + (1 − β) / (1 − βᵗ) · (value − ŝ) for the t-th value of the series. */
function smoothed({ count, smooth }: Points, value: number, smoothing: number): number {
  const [before, values] = [smooth.at(-1), count.at(-1)];
  if (before === undefined || values === undefined) return value;
  return before + ((1 - smoothing) / (1 - smoothing ** (values + 1))) * (value - before);
}

/** Takes back all points beyond a step. @returns whether there were any */
export function withdraw(points: Points, step: number): boolean {
  const kept = points.step.findLastIndex((one) => one <= step) + 1;
  if (kept === points.step.length) return false;
  for (const column of COLUMNS) points[column].splice(kept);
  return true;
}

/**
 * Merges neighbours into stretches of equal numbers of steps, and keeps of each the least, greatest and last value.
 * @param most how many points at most are left
 */
export function thin(points: Points, most: number): Points {
  const count = points.step.length;
  if (count <= most) return points;
  const first = points.step[0] as number;
  const span = (points.step[count - 1] as number) - first;
  const thinned = noPoints();
  let stretch = -1;
  for (const [index, step] of points.step.entries()) {
    const next = Math.min(most - 1, Math.floor(((step - first) / span) * most));
    if (next === stretch) mergeInto(thinned, points, index);
    else for (const column of COLUMNS) copy(points, index, thinned, column, thinned[column].length);
    stretch = next;
  }
  return thinned;
}

/** Lets the last point of `thinned` stand for point `index` of `points` too. */
function mergeInto(thinned: Points, points: Points, index: number): void {
  const place = thinned.step.length - 1;
  const least = Math.min(thinned.least[place] as number, points.least[index] as number);
  const greatest = Math.max(thinned.greatest[place] as number, points.greatest[index] as number);
  for (const column of COLUMNS) copy(points, index, thinned, column, place);
  thinned.least[place] = least;
  thinned.greatest[place] = greatest;
}

function copy(from: Points, index: number, to: Points, column: (typeof COLUMNS)[number], place: number): void {
  const value = from[column][index];
  if (value !== undefined) to[column][place] = value;
}

/** Whether a point may stand for more values than one, so that asking for a part of it may show more. */
export function isThinned({ least, greatest }: Points): boolean {
  return least.some((value, index) => value !== greatest[index]);
}
