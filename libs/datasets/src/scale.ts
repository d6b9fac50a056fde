import type { RawData } from './formats/format.js';

/** Rows that can be inputs: bytes as they are, other numbers from 0 to 1 by the range that they have in the training set. */
export interface ScaledRows {
  readonly train: Uint8Array | Float32Array;
  readonly test: Uint8Array | Float32Array | undefined;
}

/**
 * Scales the numbers of a table column by column, and those of pictures all in the same way. A column that is the same
 * everywhere becomes 0.
 */
export function scaled({ kind, height, width, channels, train, test }: RawData): ScaledRows {
  const areBytes = train.values instanceof Uint8Array && (test === undefined || test.values instanceof Uint8Array);
  if (areBytes && kind === 'images') return { train: train.values, test: test?.values };
  const columns = kind === 'table' ? height * width * channels : 1;
  const ranges = rangesOf(train.values, columns);
  return { train: into(train.values, ranges), test: test && into(test.values, ranges) };
}

interface Ranges {
  readonly least: Float64Array;
  readonly span: Float64Array;
}

function rangesOf(values: Uint8Array | Float32Array, columns: number): Ranges {
  const least = new Float64Array(columns).fill(Infinity);
  const most = new Float64Array(columns).fill(-Infinity);
  for (let at = 0; at < values.length; at++) {
    const column = at % columns;
    const value = values[at] as number;
    if (value < (least[column] as number)) least[column] = value;
    if (value > (most[column] as number)) most[column] = value;
  }
  return { least, span: most.map((value, column) => value - (least[column] as number)) };
}

function into(values: Uint8Array | Float32Array, { least, span }: Ranges): Float32Array {
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const column = at % least.length;
    const width = span[column] as number;
    result[at] = width === 0 ? 0 : ((values[at] as number) - (least[column] as number)) / width;
  }
  return result;
}
