import { EPSILON } from './normalizations/normalization.js';

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
