import type { GraphBuilder, Value } from '@layerline/ops';
import type { BlockSum } from '../block-sums.js';
import type { Module } from '../module.js';

/** What is done to a layer's rows before the next layer gets them, so that their length does not tell their goodness. */
export interface Normalization<Name extends string = string> extends Module<Name, never> {
  /** The sums over all units that it needs. */
  readonly sums: readonly BlockSum[];
  /** Whether numbers that are 0, and no others, stay 0. */
  readonly keepsZeros: boolean;
  /**
   * @param rows activations, [rows, width]
   * @param totalOf the sum over all units of one of {@link sums}, [rows, 1]
   * @param units the layer's width
   */
  apply(graph: GraphBuilder, rows: Value, totalOf: (sum: BlockSum) => Value, units: number): Value;
}

/** A normalization, with its name. */
export function normalization<const Name extends string>(definition: Normalization<Name>): Normalization<Name> {
  return definition;
}

/** Keeps a row of zeros at 0 instead of dividing by 0. Far below the mean square of any other row. */
export const EPSILON = 1e-8;

/** Divides rows by the root of a mean square. @param meanSquare [rows, 1] */
export function divideByRoot(graph: GraphBuilder, rows: Value, meanSquare: Value): Value {
  const square = graph.add(meanSquare, graph.constant(EPSILON));
  // Not 1 / √s: ONNX Runtime would divide the whole matrix by √s instead of multiplying it.
  return graph.mul(rows, graph.div(graph.sqrt(square), square));
}
