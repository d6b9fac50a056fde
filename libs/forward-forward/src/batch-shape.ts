/** Consecutive rows of a batch. */
export interface RowRange {
  /** The first, counted from 0. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
}

/** How many rows a batch has, and how many images they show: row r shows image r mod `images`. */
export interface BatchShape {
  /** A multiple of `images`. */
  readonly rows: number;
  /** Equal to `rows` for a layer without an overlay. */
  readonly images: number;
  /** Pairs of a positive and a negative row, which come first; left out where all rows are of pairs, or none is learned from. */
  readonly pairs?: number | undefined;
  /** The rows that the layer's readout reads; left out where it reads none. */
  readonly readout?: RowRange | undefined;
}

/** How many pairs a layer learns goodness from. */
export function pairsOf({ rows, pairs = rows / 2 }: BatchShape): number {
  return pairs;
}

/** How many rows of a batch the readout reads. */
export function rowsRead({ readout }: BatchShape): number {
  return readout === undefined ? 0 : readout.to - readout.from;
}
