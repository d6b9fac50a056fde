import { quantile, shareAbove } from '@layerline/api';
import type { GoodnessSummary, LayerObservation } from '@layerline/api';
import { layerName, OBSERVED_BINS, SUMS_OF_PAIRS, SUMS_PER_KIND, SUMS_PER_UNIT_BLOCK } from '@layerline/plan';
import { findBlock, ProtocolError } from '@layerline/protocol';
import type { Barrier, Block } from '@layerline/protocol';
import { MAX_BIN } from '@layerline/telemetry/log-scale';

/** Tenths, of which a summary has the deciles. */
const TENTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** What has been added up over training rows of one kind. */
export interface RowSums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  /** Rows by bin of the scale of histograms, from −MAX_BIN to MAX_BIN. */
  readonly bins: ArrayLike<number>;
}

/** What has been added up over pairs of rows, and the learning rate of the last update. */
export interface PairSums {
  readonly pairs: number;
  /** Pairs whose positive row has more goodness. */
  readonly separated: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** Sums over a block of consecutive units, so that they are the same however a layer is divided up. */
export interface UnitSums {
  readonly units: number;
  readonly silent: number;
  /** Of the weights, and of what the last update has changed in them. */
  readonly weightSquares: number;
  readonly updateSquares: number;
}

/** What a layer puts on an `observe` barrier: counts and sums, from which means are worked out at the end of the pipeline. */
export interface LayerSums {
  readonly positive: RowSums;
  readonly negative: RowSums;
  readonly pairs: PairSums;
  readonly units: readonly UnitSums[];
}

const ROW_COLUMNS = SUMS_PER_KIND + OBSERVED_BINS;

/** Blocks of a layer on an `observe` barrier. */
export const OBSERVED_BLOCKS = 3;

/** The names of the blocks of a layer. @param index the layer's place, counted from 0 */
function namesOf(index: number) {
  const layer = layerName(index);
  return { rows: `observed-rows/${layer}`, pairs: `observed-pairs/${layer}`, units: `observed-units/${layer}` };
}

/** A layer's sums as blocks of a barrier. @param index the layer's place, counted from 0 */
export function toBlocks(index: number, { positive, negative, pairs, units }: LayerSums): Block[] {
  const names = namesOf(index);
  const rows = Float64Array.from(
    [positive, negative].flatMap(({ count, sum, squares, bins }) => [count, sum, squares, ...Array.from(bins)]),
  );
  const ofPairs = Float64Array.of(pairs.pairs, pairs.separated, pairs.loss, pairs.learningRate);
  const ofUnits = Float64Array.from(
    units.flatMap(({ units, silent, weightSquares, updateSquares }) => [units, silent, weightSquares, updateSquares]),
  );
  return [
    { name: names.rows, type: 'f64', shape: [2, ROW_COLUMNS], data: rows },
    { name: names.pairs, type: 'f64', shape: [1, SUMS_OF_PAIRS], data: ofPairs },
    { name: names.units, type: 'f64', shape: [units.length, SUMS_PER_UNIT_BLOCK], data: ofUnits },
  ];
}

/**
 * What a layer has put on an `observe` barrier.
 * @param index the layer's place, counted from 0
 * @param producer who sent the barrier, for messages
 * @throws ProtocolError if it is missing or makes no sense
 */
export function fromBlocks(barrier: Barrier, index: number, producer: string): LayerObservation {
  const names = namesOf(index);
  const numbers = (name: string, columns: number): Float64Array => {
    const block = findBlock(barrier, name, 'f64');
    const isSound = block?.shape[1] === columns && block.data.every((value) => Number.isFinite(value));
    if (isSound) return block.data;
    throw new ProtocolError(`${producer} sent an observation without a sound ${name}`);
  };
  const rows = numbers(names.rows, ROW_COLUMNS);
  const [pairs = 0, separated = 0, loss = 0, learningRate = 0] = numbers(names.pairs, SUMS_OF_PAIRS);
  const ofUnits = numbers(names.units, SUMS_PER_UNIT_BLOCK);
  const total = (column: number): number => {
    let sum = 0;
    for (let at = column; at < ofUnits.length; at += SUMS_PER_UNIT_BLOCK) sum += ofUnits[at] as number;
    return sum;
  };
  const positive = summarize(rows.subarray(0, ROW_COLUMNS));
  const negative = summarize(rows.subarray(ROW_COLUMNS));
  if (positive.count === 0 || negative.count === 0 || pairs === 0 || total(0) === 0) {
    throw new ProtocolError(`${producer} sent an observation of ${layerName(index)} over no rows`);
  }
  return {
    positive,
    negative,
    separation: separated / pairs,
    pairwiseError: 1 - shareAbove(negative.histogram, positive.histogram),
    loss: loss / pairs,
    silentUnits: total(1) / total(0),
    weightNorm: Math.sqrt(total(2)),
    updateNorm: Math.sqrt(total(3)),
    learningRate,
  };
}

function summarize(row: Float64Array): GoodnessSummary {
  const [count = 0, sum = 0, squares = 0] = row;
  const mean = sum / count;
  const bins = row.subarray(SUMS_PER_KIND);
  const first = bins.findIndex((rows) => rows > 0);
  const last = bins.findLastIndex((rows) => rows > 0);
  const histogram = {
    first: Math.max(first, 0) - MAX_BIN,
    counts: first < 0 ? [] : [...bins.subarray(first, last + 1)],
  };
  return {
    count,
    mean,
    // Rounding may leave a little less than nothing.
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    deciles: TENTHS.map((tenth) => quantile(histogram, tenth / 10)),
    histogram,
  };
}
