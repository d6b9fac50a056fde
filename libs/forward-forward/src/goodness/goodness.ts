import type { GraphBuilder, Value } from '@layerline/ops';

/**
 * A layer's score of a row, from the sum s of the squares of its U activations. Every goodness is a multiple of s, so
 * its gradient is 2 × that multiple × the activation.
 *
 * - `mean`: s / U
 * - `sum`: s (Hinton 2022, equation 1)
 * - `negative-sum`: −s, so that training makes positive rows quiet (Hinton 2022, abstract: "including minus the sum of
 *   the squared activities"). It is never above 0, so a threshold on it has to be negative
 */
export const GOODNESS_NAMES = ['mean', 'sum', 'negative-sum'] as const;
export type GoodnessName = (typeof GOODNESS_NAMES)[number];

/** What the sum of squares is multiplied by. @param units the layer's width U */
export function goodnessFactor(goodness: GoodnessName, units: number): number {
  switch (goodness) {
    case 'mean':
      return 1 / units;
    case 'sum':
      return 1;
    case 'negative-sum':
      return -1;
  }
}

/** Goodness of each row, [rows, 1]. @param sumSquares sums of squared activations, [rows, 1] */
export function goodnessOf(graph: GraphBuilder, goodness: GoodnessName, sumSquares: Value, units: number): Value {
  return graph.scale(sumSquares, goodnessFactor(goodness, units));
}
