import type { Series } from '@layerline/api';

/** A series by columns, ordered by step, each step once. */
export interface Points {
  readonly step: Float64Array;
  /** In milliseconds since 1970. */
  readonly at: Float64Array;
  readonly trainSeconds: Float64Array;
  readonly value: Float64Array;
}

/** Which part of a series is shown, and how. */
export interface Cut {
  /** Only what lies between these steps, both included. */
  readonly from: number;
  readonly to: number;
  /** The most points, ≥ 1. */
  readonly most: number;
  /** Of the moving average: 0 … 1, 0 for none. */
  readonly smoothing: number;
}

/**
 * Leaves out what has no value (NaN) and what is withdrawn: of points that do not lie before all that follow them, the last
 * one counts.
 */
export function inOrder(points: Points): Points {
  const { step, value } = points;
  const kept: number[] = [];
  let next = Infinity;
  for (let index = step.length - 1; index >= 0; index--) {
    if (Number.isNaN(value[index]) || (step[index] as number) >= next) continue;
    kept.push(index);
    next = step[index] as number;
  }
  if (kept.length === step.length) return points;
  kept.reverse();
  const pick = (column: Float64Array): Float64Array => Float64Array.from(kept, (index) => column[index] as number);
  return { step: pick(step), at: pick(points.at), trainSeconds: pick(points.trainSeconds), value: pick(value) };
}

/**
 * The exponential moving average of values, divided by the sum of its weights so that it does not lean to 0 at the
 * beginning, as in Adam (Kingma & Ba, arXiv:1412.6980, section 3).
 * @param smoothing weight of what came before, 0 … 1
 */
export function smoothed(values: Float64Array, smoothing: number): Float64Array {
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    mean = smoothing * mean + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return mean / weight;
  });
}

/**
 * Cuts a series to a stretch of steps and thins it: where there are too many points, one stands for a bucket of steps, with
 * the least, the greatest and the last of its values, and where it ends. A bucket is 2ⁿ steps wide and begins at a multiple
 * of that, so that the points stay the same while a run goes on, until the width doubles.
 */
export function thinned(name: string, points: Points, { from, to, most, smoothing }: Cut): Series {
  const { step, at, trainSeconds, value } = points;
  const smooth = smoothing === 0 ? undefined : smoothed(value, smoothing);
  const series: Series = {
    ...{ name, step: [], at: [], trainSeconds: [] },
    ...{ least: [], greatest: [], last: [], count: [], smooth: [] },
  };
  const [begin, end] = [firstFrom(step, from), firstFrom(step, to + 1)];
  if (begin >= end) return series;
  const bucketOf = buckets(step.subarray(begin, end), most);
  let [least, greatest, bucket] = [Infinity, -Infinity, bucketOf(step[begin] as number)];
  for (let index = begin; index < end; index++) {
    least = Math.min(least, value[index] as number);
    greatest = Math.max(greatest, value[index] as number);
    const next = index + 1 < end ? bucketOf(step[index + 1] as number) : Infinity;
    if (next === bucket) continue;
    bucket = next;
    series.step.push(step[index] as number);
    series.at.push(at[index] as number);
    series.trainSeconds.push(trainSeconds[index] as number);
    series.least.push(least);
    series.greatest.push(greatest);
    series.last.push(value[index] as number);
    series.count.push(index + 1);
    if (smooth !== undefined) series.smooth.push(smooth[index] as number);
    [least, greatest] = [Infinity, -Infinity];
  }
  return series;
}

/** Which bucket a step belongs to. @param steps in order, at least one @param most buckets */
function buckets(steps: Float64Array, most: number): (step: number) => number {
  if (steps.length <= most) return (step) => step;
  const [first, last] = [steps[0] as number, steps.at(-1) as number];
  let width = 1;
  // A step that is a multiple of the width ends its bucket; the beginning goes with the first.
  const bucketOf = (step: number): number => Math.max(1, Math.ceil(step / width));
  while (bucketOf(last) - bucketOf(first) >= most) width *= 2;
  return bucketOf;
}

/** The index of the first step that is no less than another; how many there are, if none is. */
function firstFrom(steps: Float64Array, least: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
