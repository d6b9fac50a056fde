import { DataFormatError } from './errors.js';
import type { Labels, RawData } from './formats/format.js';

/** The classes of a data set, and the label of each row. */
export interface ClassedRows {
  /** Names of the classes, in order. */
  readonly names: readonly string[];
  readonly train: Uint8Array;
  readonly test: Uint8Array | undefined;
}

/**
 * Numbers the classes of a data set: in the order of numbers where all labels are numbers, else of the alphabet.
 * @throws DataFormatError where there is one class, or the test set has one that the training set lacks
 */
export function classesOf({ train, test }: Pick<RawData, 'train' | 'test'>, path: string): ClassedRows {
  const names = [...train.labels.names];
  const areNumbers = names.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  names.sort(areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
  if (names.length < 2) {
    const only = names[0] === undefined ? 'no class' : `one class, ${JSON.stringify(names[0])}`;
    throw new DataFormatError(path, undefined, `has ${only}: two are the least`);
  }
  const unknown = test?.labels.names.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const place = test?.labels.names.indexOf(unknown) ?? 0;
    const row = (test?.labels.ofRow.indexOf(place) ?? 0) + 1;
    throw new DataFormatError(
      path,
      undefined,
      `row ${row} of the test set has the label ${JSON.stringify(unknown)}, which no row of the training set has`,
    );
  }
  return { names, train: renumbered(train.labels, names), test: test && renumbered(test.labels, names) };
}

function renumbered({ names, ofRow }: Labels, order: readonly string[]): Uint8Array {
  const places = names.map((name) => order.indexOf(name));
  return ofRow.map((place) => places[place] as number);
}
