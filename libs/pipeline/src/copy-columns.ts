/**
 * Copies a matrix to adjacent columns of a wider one with as many rows, both row-major.
 * @param width columns of the wider one @param first the column that the copy begins with
 */
export function copyColumns(
  matrix: Float32Array,
  rows: number,
  into: Float32Array,
  width: number,
  first: number,
): void {
  const own = matrix.length / rows;
  for (let row = 0; row < rows; row++) into.set(matrix.subarray(row * own, (row + 1) * own), row * width + first);
}
