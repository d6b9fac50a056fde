import { blocksOf, pairLoss, widthOf } from '@layerline/forward-forward';
import type { LayerSpec, UnitRange } from '@layerline/forward-forward';
import { OBSERVED_BINS } from '@layerline/plan';
import { binOf, MAX_BIN } from '@layerline/telemetry/log-scale';
import * as z from 'zod';
import type { LayerSums, RowSums, UnitSums } from './observed-blocks.js';
import { sumSquares } from './sum-squares.js';

/** A unit counts as silent if it has been 0 for all rows of so many batches. */
export const SILENCE_BATCHES = 10;

const count = z.number().int().nonnegative();
const rowState = z.strictObject({ sum: z.number(), squares: z.number(), bins: z.array(z.tuple([count, count])) });

/**
 * What an observer has added up since the last observation, for a snapshot: the same in all shards of a layer. Survives JSON
 * with every bit.
 */
export const observerState = z.strictObject({
  pairs: count,
  separated: count,
  loss: z.number(),
  positive: rowState,
  negative: rowState,
  /** By unit, the last training batch in which it was active. Versions that did not know of shards have it here. */
  lastActive: z.array(count).optional(),
});
export type ObserverState = z.infer<typeof observerState>;

/** Where an observer goes on. */
export interface ObserverBefore extends ObserverState {
  /** Training batches of the run by then. */
  readonly step: number;
  /** As {@link LayerObserver.quietBatches} was then. */
  readonly quiet: Float32Array | undefined;
}

/**
 * Adds up, between two observations, what a layer, or a shard of it, shows of its own learning. Reads numbers and changes
 * none.
 */
export class LayerObserver {
  #pairs = 0;
  #separated = 0;
  #loss = 0;
  #positive = new RowTally();
  #negative = new RowTally();
  /** By unit, the last training batch in which it was not 0 for some row; batches are counted from 1. */
  readonly #lastActive: Int32Array;
  /** Units that have been 0 for all rows of a batch so far, while it is looked through. */
  readonly #silent: Int32Array;
  #learningRate = 0;
  /** The weights before an update, to compare with. */
  #before: Float32Array | undefined;
  /** Of the last update, by block of units; 0 until there is one. */
  #updateSquares: readonly number[];
  readonly #width: number;
  /** The blocks of units that sums are taken over, from the first of its own units on. */
  readonly #blocks: readonly UnitRange[];

  /** @param range its own units @param before what a snapshot has kept */
  constructor(
    readonly spec: LayerSpec,
    range: UnitRange,
    before?: ObserverBefore,
  ) {
    this.#width = widthOf(range);
    this.#blocks = blocksOf(spec.units, range).map(({ from, to }) => ({
      from: from - range.from,
      to: to - range.from,
    }));
    this.#lastActive = new Int32Array(this.#width);
    this.#silent = new Int32Array(this.#width);
    this.#updateSquares = this.#blocks.map(() => 0);
    if (before === undefined) return;
    const { step, quiet } = before;
    const lastActive = quiet === undefined ? before.lastActive : Array.from(quiet, (batches) => step - batches);
    if (lastActive?.length !== this.#width) return;
    this.#pairs = before.pairs;
    this.#separated = before.separated;
    this.#loss = before.loss;
    this.#positive = new RowTally(before.pairs, before.positive);
    this.#negative = new RowTally(before.pairs, before.negative);
    this.#lastActive.set(lastActive);
  }

  get state(): ObserverState {
    return {
      pairs: this.#pairs,
      separated: this.#separated,
      loss: this.#loss,
      positive: this.#positive.state,
      negative: this.#negative.state,
    };
  }

  /**
   * By unit, for how many training batches it has been 0 for all rows, at most {@link SILENCE_BATCHES}: for a snapshot, which
   * may be read by shards that are cut elsewhere.
   * @param step training batches of the run so far
   */
  quietBatches(step: number): Float32Array {
    return Float32Array.from(this.#lastActive, (last) => Math.min(step - last, SILENCE_BATCHES));
  }

  /** Takes the goodness of a training batch. @param goodness positive rows first @param pairs how many of them */
  addGoodness(goodness: Float32Array, pairs: number): void {
    const { objective } = this.spec;
    this.#pairs += pairs;
    for (let pair = 0; pair < pairs; pair++) {
      const positive = goodness[pair] as number;
      const negative = goodness[pairs + pair] as number;
      this.#positive.add(positive);
      this.#negative.add(negative);
      this.#loss += pairLoss(objective, positive, negative);
      if (positive > negative) this.#separated++;
    }
  }

  /**
   * Notes which units a training batch has made active.
   * @param step the batch, counted from 1 over the run
   * @param activations [rows, width], raw or with each row scaled: only whether they are 0 matters
   */
  addActivity(step: number, activations: Float32Array): void {
    const units = this.#width;
    const silent = this.#silent;
    for (let unit = 0; unit < units; unit++) silent[unit] = unit;
    // Most units are active in one of the first rows, so what is left to look for soon gets short.
    let left = units;
    for (let row = 0; row < activations.length && left > 0; row += units) {
      let kept = 0;
      for (let place = 0; place < left; place++) {
        const unit = silent[place] as number;
        if (activations[row + unit] === 0) silent[kept++] = unit;
        else this.#lastActive[unit] = step;
      }
      left = kept;
    }
  }

  /** Keeps the weights before an update that an observation follows. @param weights [width, inputs] */
  beforeUpdate(weights: Float32Array): void {
    this.#before ??= new Float32Array(weights.length);
    this.#before.set(weights);
  }

  /** Notes what the update has changed. @param weights after it */
  afterUpdate(weights: Float32Array, learningRate: number): void {
    const change = this.#before;
    if (change === undefined) return;
    for (let at = 0; at < weights.length; at++) change[at] = (weights[at] as number) - (change[at] as number);
    const { inputs } = this.spec;
    this.#updateSquares = this.#blocks.map(({ from, to }) => sumSquares(change, from * inputs, to * inputs));
    this.#learningRate = learningRate;
  }

  /** What has come since the last call. @param step training batches of the run so far @param weights [width, inputs] */
  take(step: number, weights: Float32Array): LayerSums {
    const sums: LayerSums = {
      positive: this.#positive.sums,
      negative: this.#negative.sums,
      pairs: { pairs: this.#pairs, separated: this.#separated, loss: this.#loss, learningRate: this.#learningRate },
      units: this.#unitSums(step, weights),
    };
    this.#pairs = 0;
    this.#separated = 0;
    this.#loss = 0;
    this.#positive = new RowTally();
    this.#negative = new RowTally();
    return sums;
  }

  #unitSums(step: number, weights: Float32Array): UnitSums[] {
    const { inputs } = this.spec;
    const quietSince = Math.max(0, step - SILENCE_BATCHES);
    return this.#blocks.map(({ from, to }, block) => {
      return {
        units: to - from,
        silent: this.#lastActive.subarray(from, to).filter((last) => last <= quietSince).length,
        weightSquares: sumSquares(weights, from * inputs, to * inputs),
        updateSquares: this.#updateSquares[block] as number,
      };
    });
  }
}

/** Adds up goodness of rows of one kind. */
class RowTally {
  #count: number;
  #sum: number;
  #squares: number;
  readonly #bins = new Uint32Array(OBSERVED_BINS);

  constructor(count = 0, before?: ObserverState['positive']) {
    this.#count = count;
    this.#sum = before?.sum ?? 0;
    this.#squares = before?.squares ?? 0;
    for (const [place, rows] of before?.bins ?? []) this.#bins[place] = rows;
  }

  get sums(): RowSums {
    return { count: this.#count, sum: this.#sum, squares: this.#squares, bins: this.#bins };
  }

  /** Bins by their place, those that have rows. */
  get state(): ObserverState['positive'] {
    const bins = Array.from(this.#bins, (rows, place): [number, number] => [place, rows]);
    return { sum: this.#sum, squares: this.#squares, bins: bins.filter(([, rows]) => rows > 0) };
  }

  add(goodness: number): void {
    const place = binOf(goodness) + MAX_BIN;
    this.#count++;
    this.#sum += goodness;
    this.#squares += goodness * goodness;
    this.#bins[place] = (this.#bins[place] as number) + 1;
  }
}
