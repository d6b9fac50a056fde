import type { GoodnessSummary, LayerObservation, ObservationReport } from '@layerline/api';
import { MAX_BIN, quantile, rangeOf } from '@layerline/api/log-scale';
import type { BinCounts } from '@layerline/api/log-scale';
import type { Range } from './axis.js';

/** Goodness of the rows of one kind, as far as it is drawn. */
export type Distribution = Pick<GoodnessSummary, 'mean' | 'deviation' | 'deciles' | 'histogram'>;

/** What a layer observed up to a step. */
export interface Moment {
  readonly step: number;
  readonly positive: Distribution;
  readonly negative: Distribution;
}

/** What one layer observed. @param index of the layer, from 0 */
export function momentsOf(
  observations: readonly Pick<ObservationReport, 'step' | 'layers'>[],
  index: number,
): Moment[] {
  return observations.flatMap(({ step, layers }) => {
    const layer: LayerObservation | null | undefined = layers[index];
    return layer ? [{ step, positive: layer.positive, negative: layer.negative }] : [];
  });
}

/** Adds a moment at the end; beyond `most` moments, neighbours are put together. */
export function withMoment(moments: readonly Moment[], moment: Moment, most: number): readonly Moment[] {
  if (moment.step <= (moments.at(-1)?.step ?? -1)) return moments;
  const all = [...moments, moment];
  return all.length <= most ? all : inPairs(all);
}

function inPairs(moments: readonly Moment[]): Moment[] {
  return moments.flatMap((moment, index) => {
    if (index % 2 === 1) return [];
    const next = moments[index + 1];
    if (next === undefined) return [moment];
    const [positive, negative] = [together(moment.positive, next.positive), together(moment.negative, next.negative)];
    return [{ step: next.step, positive, negative }];
  });
}

/** The rows of both. */
function together(one: Distribution, other: Distribution): Distribution {
  const histogram = addCounts(one.histogram, other.histogram);
  const [rows, otherRows] = [rowsOf(one.histogram), rowsOf(other.histogram)];
  const share = rows + otherRows === 0 ? 0.5 : rows / (rows + otherRows);
  const mean = one.mean * share + other.mean * (1 - share);
  const square = (part: Distribution): number => part.deviation ** 2 + (part.mean - mean) ** 2;
  const deviation = Math.sqrt(square(one) * share + square(other) * (1 - share));
  const deciles = Array.from({ length: 9 }, (_, index) => quantile(histogram, (index + 1) / 10));
  return { mean, deviation, deciles, histogram };
}

export function addCounts(one: BinCounts, other: BinCounts): { first: number; counts: number[] } {
  if (one.counts.length === 0) return { first: other.first, counts: [...other.counts] };
  if (other.counts.length === 0) return { first: one.first, counts: [...one.counts] };
  const first = Math.min(one.first, other.first);
  const end = Math.max(one.first + one.counts.length, other.first + other.counts.length);
  const counts = Array.from(
    { length: end - first },
    (_, index) => (one.counts[first + index - one.first] ?? 0) + (other.counts[first + index - other.first] ?? 0),
  );
  return { first, counts };
}

export function rowsOf({ counts }: BinCounts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Where goodness lies on an axis, and how wide its bins are there. */
export interface GoodnessScale {
  readonly range: Range;
  readonly placeOf: (goodness: number) => number;
  /** The places of a bin's ends. */
  readonly edgesOf: (bin: number) => Range;
}

/** Share of the rows of a distribution at either end that scales leave out, so that a few rows do not squeeze all others. */
const TAIL = 0.001;

/** The bins that scales have to show; undefined for none. */
function reachOf(
  distributions: readonly Distribution[],
): { lowest: number; highest: number; innermost: number } | undefined {
  let [lowest, highest, innermost] = [Infinity, -Infinity, MAX_BIN];
  for (const { histogram } of distributions) {
    const rows = rowsOf(histogram);
    let below = 0;
    for (const [index, count] of histogram.counts.entries()) {
      const bin = histogram.first + index;
      below += count;
      if (count === 0 || below < TAIL * rows || below - count > (1 - TAIL) * rows) continue;
      lowest = Math.min(lowest, bin);
      highest = Math.max(highest, bin);
      if (bin !== 0) innermost = Math.min(innermost, Math.abs(bin));
    }
  }
  return highest < lowest ? undefined : { lowest, highest, innermost };
}

/**
 * The scale of the bins: each is 1 wide. Those closer to zero than any that has counts are left out, so that zero lies right
 * beside what there is.
 */
export function binScale(distributions: readonly Distribution[]): GoodnessScale {
  const { lowest, highest, innermost } = reachOf(distributions) ?? { lowest: 0, highest: 1, innermost: 1 };
  const edgesOf = (bin: number): Range => {
    if (bin === 0) return [-0.5, 0.5];
    const outer = Math.max(0.5, Math.abs(bin) - innermost + 1.5);
    const inner = Math.max(0.5, outer - 1);
    return bin > 0 ? [inner, outer] : [-outer, -inner];
  };
  const [[, innermostEnd], perOctave] = [rangeOf(1), 1 / Math.log2(rangeOf(1)[1] / rangeOf(1)[0])];
  const placeOf = (goodness: number): number => {
    const bins = Math.log2(Math.abs(goodness) / innermostEnd) * perOctave + 1;
    return Math.sign(goodness) * Math.max(0, bins - innermost + 1.5);
  };
  return { range: [edgesOf(lowest)[0], edgesOf(highest)[1]], placeOf, edgesOf };
}

export function linearScale(distributions: readonly Distribution[]): GoodnessScale {
  const filled = distributions.filter(({ histogram }) => rowsOf(histogram) > 0);
  const ends = [TAIL, 1 - TAIL].map((share) => filled.map(({ histogram }) => quantile(histogram, share)));
  const [low, high] = [Math.min(...(ends[0] ?? [])), Math.max(...(ends[1] ?? []))];
  const range: Range = high > low ? [low, high] : [0, 1];
  return { range, placeOf: (goodness) => goodness, edgesOf: rangeOf };
}

/**
 * Powers of ten with their signs, and zero, as far as there is room: zero first, and then those furthest from it.
 * @param apart the least distance of two places
 */
export function goodnessTicks({ range: [from, to], placeOf }: GoodnessScale, apart: number): number[] {
  const powers = Array.from({ length: 10 }, (_, index) => 10 ** (4 - index));
  const kept: number[] = [];
  for (const tick of [0, ...powers.flatMap((power) => [power, -power])]) {
    const place = placeOf(tick);
    if (place < from || place > to || kept.some((one) => Math.abs(placeOf(one) - place) < apart)) continue;
    kept.push(tick);
  }
  return kept.sort((one, other) => one - other);
}
