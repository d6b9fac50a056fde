import type { GraphBuilder, Value } from '@layerline/ops';

/** Keeps the row of a layer that is silent at 0 instead of dividing by 0. Far below the mean square of any live row. */
const EPSILON = 1e-8;

/**
 * Rescales rows to mean square 1, which takes out the goodness that the layer before has put into their length
 * (Hinton 2022, section 2.1).
 * @param meanSquare [rows, 1]
 */
export function normalizeByMeanSquare(graph: GraphBuilder, rows: Value, meanSquare: Value): Value {
  const square = graph.add(meanSquare, graph.constant(EPSILON));
  // Not 1 / √s, as ONNX Runtime divides all of the matrix in the place of a product with that.
  return graph.mul(rows, graph.div(graph.sqrt(square), square));
}

/** What a row is multiplied by to get mean square 1. @param sumSquares of its `width` numbers */
export function normalizationFactor(sumSquares: number, width: number): number {
  return 1 / Math.sqrt(sumSquares / width + EPSILON);
}

/** Rescales one row of an input in place: `width` numbers from `offset` on. */
export function normalizeRow(data: Float32Array, offset: number, width: number): void {
  let sumSquares = 0;
  for (let at = offset; at < offset + width; at++) sumSquares += (data[at] as number) ** 2;
  const factor = normalizationFactor(sumSquares, width);
  for (let at = offset; at < offset + width; at++) data[at] = (data[at] as number) * factor;
}
