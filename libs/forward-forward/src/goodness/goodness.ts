import type { GraphBuilder, Value } from '@layerline/ops';
import type { BlockSum } from '../block-sums.js';
import type { GoodnessScale, Module, Numbers } from '../module.js';

/**
 * A layer's score of a row: a number that does not depend on the row, times the sum over the units of a function of their
 * activations, Σ φ(a).
 */
export interface Goodness<Name extends string = string, Key extends string = string> extends Module<Name, Key> {
  readonly scale: GoodnessScale;
  /** Σ φ(a) by block of units. */
  sum(numbers: Numbers<Key>): BlockSum;
  /** What the sum over all units is multiplied by. @param blocks units of each block of the layer */
  factor(numbers: Numbers<Key>, blocks: readonly number[]): number;
  /**
   * φ'(a), as `multiple` × `of`, which must be 0 wherever `a` is.
   * @param activations [rows, width] @param blockSize units of a block
   */
  slope(graph: GraphBuilder, numbers: Numbers<Key>, activations: Value, blockSize: number): Slope;
  /** What a default rate of SGD is multiplied by, where the gradients of single units are larger or smaller. */
  readonly sgdFactor: number;
  /** The sign that its values have. */
  readonly sign: 1 | -1;
}

/** `multiple` × `of`: a number that can be multiplied in where it costs less. */
export interface Slope {
  readonly multiple: number;
  /** [rows, width] */
  readonly of: Value;
}

/** A goodness, with the names of its parameters taken from what it says of them. */
export function goodness<const Name extends string, Key extends string>(
  definition: Goodness<Name, Key>,
): Goodness<Name, Key> {
  return definition;
}

/** The number of units of a layer. */
export function unitsIn(blocks: readonly number[]): number {
  return blocks.reduce((sum, units) => sum + units, 0);
}

/** 2a, the slope of a². */
export function slopeOfSquare(activations: Value): Slope {
  return { multiple: 2, of: activations };
}
