import type { GraphBuilder, Value } from '@layerline/ops';
import type { GoodnessScale, Module, Numbers, Parameter } from '../module.js';

/**
 * The rows that an objective learns from: `pairs` of a positive row and the negative one that was made from its image, or rows
 * whose class is known, which are `labelled` but have no label among their inputs.
 */
export type RowsNeeded = 'pairs' | 'labelled';

/**
 * What a layer minimizes: the mean, over the pairs or the labelled rows of a batch, of a loss: of pairs, one of g⁺ and
 * g⁻, the goodness of a positive row and of
 * the negative row paired with it.
 */
export interface Objective<Name extends string = string, Key extends string = string> extends Module<Name, Key> {
  readonly rows: RowsNeeded;
  /** A learning rate of SGD that trains, by the scale of goodness. */
  readonly sgdRate: Readonly<Record<GoodnessScale, number>>;
  /**
   * The loss of one pair, in double precision: for people to watch, as learning itself needs only its gradient.
   * @param positive g⁺ @param negative g⁻
   */
  loss(numbers: Numbers<Key>, positive: number, negative: number): number;
  /**
   * The derivative of each pair's loss with respect to the goodness of its rows, before the mean over the pairs. Left out by an
   * objective that learns from labelled rows.
   * @param positive and @param negative goodness, [pairs, 1] each
   */
  lossGradient?(graph: GraphBuilder, numbers: Numbers<Key>, positive: Value, negative: Value): PairGradient;
}

/** [pairs, 1] each. */
export interface PairGradient {
  readonly positive: Value;
  readonly negative: Value;
}

/** An objective, with the names of its parameters taken from what it says of them. */
export function objective<const Name extends string, Key extends string>(
  definition: Objective<Name, Key>,
): Objective<Name, Key> {
  return definition;
}

/** α of an objective, with a default for each scale of goodness. */
export function steepness(byScale: Parameter['default']): Parameter {
  return { help: 'steepness of the objective', symbol: 'α', range: { above: 0 }, default: byScale };
}

/** log(1 + eˣ), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
