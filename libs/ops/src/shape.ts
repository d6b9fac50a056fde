/** Rows and columns. Every value of a graph is a matrix; a scalar is 1 × 1. */
export type Shape = readonly [rows: number, columns: number];

/** The number of elements of a matrix of this shape. */
export function sizeOf(shape: Shape): number {
  return shape[0] * shape[1];
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The shape of aᵀ. */
export function transposed([rows, columns]: Shape): Shape {
  return [columns, rows];
}

/** The shape that two come to where a dimension of 1 stretches to the other's; undefined where they do not fit. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rows = stretch(a[0], b[0]);
  const columns = stretch(a[1], b[1]);
  return rows === undefined || columns === undefined ? undefined : [rows, columns];
}

function stretch(a: number, b: number): number | undefined {
  if (a === b || b === 1) return a;
  return a === 1 ? b : undefined;
}

/** As in messages: `3 × 4`. */
export function describe(shape: Shape): string {
  return `${shape[0]} × ${shape[1]}`;
}
