import { quantile, shareAbove } from '@layerline/api';
import type { GoodnessSummary, LayerObservation } from '@layerline/api';
import {
  blocksOfLayer,
  layerName,
  OBSERVED_BINS,
  OBSERVED_PAIR_SUMS,
  OBSERVED_ROW_SUMS,
  OBSERVED_UNIT_SUMS,
} from '@layerline/plan';
import { ProtocolError } from '@layerline/protocol';
import type { Block } from '@layerline/protocol';
import { MAX_BIN } from '@layerline/telemetry/log-scale';
import { allFinite } from '../finite.js';
import type { DataOf } from '../planned-blocks.js';

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

const ROW_COLUMNS = OBSERVED_ROW_SUMS + OBSERVED_BINS;

/** A layer's sums as blocks of a barrier. @param index the layer's place, counted from 0 */
export function toBlocks(index: number, { positive, negative, pairs, units }: LayerSums): Block[] {
  const { observedRows, observedPairs, observedUnits } = blocksOfLayer(index);
  const rows = Float64Array.from(
    [positive, negative].flatMap(({ count, sum, squares, bins }) => [count, sum, squares, ...Array.from(bins)]),
  );
  const ofPairs = Float64Array.of(pairs.pairs, pairs.separated, pairs.loss, pairs.learningRate);
  const ofUnits = Float64Array.from(
    units.flatMap(({ units, silent, weightSquares, updateSquares }) => [units, silent, weightSquares, updateSquares]),
  );
  return [
    { name: observedRows, type: 'f64', shape: [2, ROW_COLUMNS], data: rows },
    { name: observedPairs, type: 'f64', shape: [1, OBSERVED_PAIR_SUMS], data: ofPairs },
    { name: observedUnits, type: 'f64', shape: [units.length, OBSERVED_UNIT_SUMS], data: ofUnits },
  ];
}

/**
 * What a layer has put on an `observe` barrier.
 * @param dataOf the blocks of the barrier
 * @param index the layer's place, counted from 0
 * @param producer who sent the barrier, for messages
 * @throws ProtocolError if it makes no sense
 */
export function fromBlocks(dataOf: DataOf, index: number, producer: string): LayerSums {
  const numbers = (name: string): Float64Array => {
    const data = dataOf(name, 'f64');
    if (allFinite(data)) return data;
    throw new ProtocolError(`${producer} sent an observation without a sound ${name}`);
  };
  const { observedRows, observedPairs, observedUnits } = blocksOfLayer(index);
  const rows = numbers(observedRows);
  const [pairs = 0, separated = 0, loss = 0, learningRate = 0] = numbers(observedPairs);
  const ofUnits = numbers(observedUnits);
  const units = Array.from({ length: ofUnits.length / OBSERVED_UNIT_SUMS }, (_, block): UnitSums => {
    const [units = 0, silent = 0, weightSquares = 0, updateSquares = 0] = ofUnits.subarray(block * OBSERVED_UNIT_SUMS);
    return { units, silent, weightSquares, updateSquares };
  });
  const [positive, negative] = [rowSums(rows.subarray(0, ROW_COLUMNS)), rowSums(rows.subarray(ROW_COLUMNS))];
  if (positive.count === 0 || negative.count === 0 || pairs === 0 || units.every((block) => block.units === 0)) {
    throw new ProtocolError(`${producer} sent an observation of ${layerName(index)} over no rows`);
  }
  return { positive, negative, pairs: { pairs, separated, loss, learningRate }, units };
}

/** What a layer's sums say of it. */
export function observationOf({ positive, negative, pairs, units }: LayerSums): LayerObservation {
  const [ofPositive, ofNegative] = [summarize(positive), summarize(negative)];
  const total = (column: keyof UnitSums): number => units.reduce((sum, block) => sum + block[column], 0);
  return {
    positive: ofPositive,
    negative: ofNegative,
    separation: pairs.separated / pairs.pairs,
    pairwiseError: 1 - shareAbove(ofNegative.histogram, ofPositive.histogram),
    loss: pairs.loss / pairs.pairs,
    silentUnits: total('silent') / total('units'),
    weightNorm: Math.sqrt(total('weightSquares')),
    updateNorm: Math.sqrt(total('updateSquares')),
    learningRate: pairs.learningRate,
  };
}

function rowSums(row: Float64Array): RowSums {
  const [count = 0, sum = 0, squares = 0] = row;
  return { count, sum, squares, bins: row.subarray(OBSERVED_ROW_SUMS) };
}

function summarize({ count, sum, squares, bins }: RowSums): GoodnessSummary {
  const mean = sum / count;
  const counts = Array.from(bins);
  const first = counts.findIndex((rows) => rows > 0);
  const last = counts.findLastIndex((rows) => rows > 0);
  const histogram = {
    first: Math.max(first, 0) - MAX_BIN,
    counts: first < 0 ? [] : counts.slice(first, last + 1),
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
