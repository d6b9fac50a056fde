import { createHash } from 'node:crypto';
import type { DataSpec, DatasetName, SplitSettings } from './dataset.js';
import { CLOTHES_SPEC, DIGITS_SPEC } from './dataset.js';
import { DIGITS_TEST, DIGITS_TRAIN } from './digits.js';
import { DatasetFileError } from './errors.js';
import { shareRows } from './split.js';
import { PARTS, SOURCES } from './sources.js';

/** What a plan has to know of a data set, and what a node says of one that it has. Plain JSON. */
export interface DataSummary {
  readonly spec: DataSpec;
  /** Of its content. */
  readonly sha256: string;
  /** Rows of each class in the training set. */
  readonly trainByClass: readonly number[];
  /** 0 where there is no test set. */
  readonly testRows: number;
}

/** How many rows there are once a data set is divided up. */
export interface RowCounts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** An IDX file of labels is this and a byte for each. */
const LABELS_HEADER_BYTES = 8;
/** Of each digit in MNIST's training set. */
const MNIST_BY_CLASS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];

/** The summary of a data set that is known by name, without reading it. */
export function knownSummary(name: DatasetName): DataSummary {
  const classes = DIGITS_SPEC.classes.length;
  if (name === 'digits') {
    const trainByClass = new Array<number>(classes).fill(DIGITS_TRAIN / classes);
    return { spec: DIGITS_SPEC, sha256: sha256('digits'), trainByClass, testRows: DIGITS_TEST };
  }
  const { files } = SOURCES[name];
  const testRows = files['test-labels'].bytes - LABELS_HEADER_BYTES;
  const trainRows = files['train-labels'].bytes - LABELS_HEADER_BYTES;
  const even = new Array<number>(classes).fill(trainRows / classes);
  return {
    spec: name === 'mnist' ? DIGITS_SPEC : CLOTHES_SPEC,
    sha256: sha256(PARTS.map((part) => files[part].sha256).join(' ')),
    trainByClass: name === 'mnist' ? MNIST_BY_CLASS : even,
    testRows,
  };
}

/**
 * How many rows each part has.
 * @throws DatasetFileError where nothing would be left to train on
 */
export function rowCounts(
  { trainByClass, testRows }: DataSummary,
  { testShare, validation }: SplitSettings,
): RowCounts {
  const all = trainByClass.reduce((sum, count) => sum + count, 0);
  const test = testRows > 0 ? testRows : shareRows(trainByClass, testShare);
  const train = all - (testRows > 0 ? 0 : test) - validation;
  if (train < 1) {
    throw new DatasetFileError('ERR_DATASET_COUNT', `validation: ${validation} rows leave none of ${all} to train on`);
  }
  return { train, validation, test };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
