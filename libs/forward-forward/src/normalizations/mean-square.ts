import type { GraphBuilder, Value } from '@layerline/ops';

/** Keeps a row of zeros at 0 instead of dividing by 0. Far below the mean square of any other row. */
const EPSILON = 1e-8;

/**
 * Rescales rows to mean square 1, which removes the previous layer's goodness from their length
 * (Hinton 2022, section 2.1).
 * @param meanSquare [rows, 1]
 */
export function normalizeByMeanSquare(graph: GraphBuilder, rows: Value, meanSquare: Value): Value {
  const square = graph.add(meanSquare, graph.constant(EPSILON));
  // Not 1 / √s: ONNX Runtime would divide the whole matrix by √s instead of multiplying it.
  return graph.mul(rows, graph.div(graph.sqrt(square), square));
}

/** The factor that scales a row to mean square 1. @param sumSquares of its `width` numbers */
export function normalizationFactor(sumSquares: number, width: number): number {
  return 1 / Math.sqrt(sumSquares / width + EPSILON);
}

/** Rescales one row of an input in place: `width` numbers starting at `offset`. */
export function normalizeRow(data: Float32Array, offset: number, width: number): void {
  let sumSquares = 0;
  for (let at = offset; at < offset + width; at++) sumSquares += (data[at] as number) ** 2;
  const factor = normalizationFactor(sumSquares, width);
  for (let at = offset; at < offset + width; at++) data[at] = (data[at] as number) * factor;
}
