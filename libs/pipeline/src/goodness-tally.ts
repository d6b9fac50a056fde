import type { LayerGoodness } from '@layerline/api';
import * as z from 'zod';

const count = z.number().int().nonnegative();

/** What a tally has added up. Survives JSON with every bit. */
export const goodnessSums = z.strictObject({
  pairs: count,
  layers: z.array(z.strictObject({ positive: z.number(), negative: z.number(), separated: count })),
});
export type GoodnessSums = z.infer<typeof goodnessSums>;

/** Averages the goodness of training rows, layer by layer. */
export class GoodnessTally {
  #pairs = 0;
  #sums: GoodnessSums['layers'] = [];

  /** @param before sums to go on from */
  constructor(
    readonly layers: number,
    before?: GoodnessSums,
  ) {
    this.#reset();
    if (before === undefined) return;
    this.#pairs = before.pairs;
    this.#sums = before.layers.map((sums) => ({ ...sums }));
  }

  get sums(): GoodnessSums {
    return { pairs: this.#pairs, layers: this.#sums.map((sums) => ({ ...sums })) };
  }

  /** Takes a batch. @param goodness by layer; positive rows first @param pairs how many positive rows */
  add(goodness: readonly Float32Array[], pairs: number): void {
    this.#pairs += pairs;
    this.#sums.forEach((sums, layer) => {
      const values = goodness[layer] as Float32Array;
      for (let pair = 0; pair < pairs; pair++) {
        const positive = values[pair] as number;
        const negative = values[pairs + pair] as number;
        sums.positive += positive;
        sums.negative += negative;
        if (positive > negative) sums.separated++;
      }
    });
  }

  /** The averages since the last call, or undefined when nothing has come. */
  take(): LayerGoodness[] | undefined {
    const pairs = this.#pairs;
    const sums = this.#sums;
    this.#reset();
    if (pairs === 0) return undefined;
    return sums.map(({ positive, negative, separated }) => {
      return { positive: positive / pairs, negative: negative / pairs, separation: separated / pairs };
    });
  }

  #reset(): void {
    this.#pairs = 0;
    this.#sums = Array.from({ length: this.layers }, () => ({ positive: 0, negative: 0, separated: 0 }));
  }
}
