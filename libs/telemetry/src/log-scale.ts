/**
 * One scale for all histograms of goodness, so that they can be added up and compared: bins of equal width in log₂ |x|, on both
 * sides of zero. What is closer to zero than 2⁻¹⁶ counts as zero, and what is further away than 2¹⁶ falls into the outermost bin.
 */
const BINS_PER_OCTAVE = 8;
const LEAST_OCTAVE = -16;
const GREATEST_OCTAVE = 16;

/** Bins are numbered from −{@link MAX_BIN} to {@link MAX_BIN}; 0 is zero's. */
export const MAX_BIN = (GREATEST_OCTAVE - LEAST_OCTAVE) * BINS_PER_OCTAVE;

/** Consecutive bins of a histogram: how many values fell into each, from the bin `first` on. Empty: no counts. */
export interface BinCounts {
  readonly first: number;
  readonly counts: readonly number[];
}

/** The bin of a finite value. */
export function binOf(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** LEAST_OCTAVE) return 0;
  const bin = 1 + Math.floor((Math.log2(size) - LEAST_OCTAVE) * BINS_PER_OCTAVE);
  return Math.sign(value) * Math.min(bin, MAX_BIN);
}

/** The values that a bin holds, from the lower to the upper end; zero's is [0, 0]. */
export function rangeOf(bin: number): readonly [number, number] {
  if (bin === 0) return [0, 0];
  const size = Math.abs(bin);
  const inner = 2 ** (LEAST_OCTAVE + (size - 1) / BINS_PER_OCTAVE);
  const outer = 2 ** (LEAST_OCTAVE + size / BINS_PER_OCTAVE);
  return bin > 0 ? [inner, outer] : [-outer, -inner];
}

/**
 * The value below which a share of the values lies, to within a bin: 9 % of it.
 * @param share 0 … 1 @returns 0 for an empty histogram
 */
export function quantile({ first, counts }: BinCounts, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [place, count] of counts.entries()) {
    if (count > 0 && below + count >= share * total) {
      const [low, high] = rangeOf(first + place);
      return low + (high - low) * Math.max(0, (share * total - below) / count);
    }
    below += count;
  }
  return 0;
}

/**
 * How often a value drawn from `b` exceeds one drawn from `a`, 0 … 1: the area under the ROC curve. Two values of one bin
 * count half. @returns 0.5 where either is empty
 */
export function shareAbove(a: BinCounts, b: BinCounts): number {
  const totalA = a.counts.reduce((sum, count) => sum + count, 0);
  const totalB = b.counts.reduce((sum, count) => sum + count, 0);
  if (totalA === 0 || totalB === 0) return 0.5;
  const from = Math.min(a.first, b.first);
  const to = Math.max(a.first + a.counts.length, b.first + b.counts.length);
  let [pairs, belowA] = [0, 0];
  for (let bin = from; bin < to; bin++) {
    const [inA, inB] = [a.counts[bin - a.first] ?? 0, b.counts[bin - b.first] ?? 0];
    pairs += inB * (belowA + inA / 2);
    belowA += inA;
  }
  return pairs / (totalA * totalB);
}
