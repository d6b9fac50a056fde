import type { DatasetReference } from './dataset.js';
import { DIGITS_TEST, DIGITS_TRAIN } from './digits.js';
import { SOURCES } from './sources.js';

/** An IDX file of labels is this and a byte for each. */
const LABELS_HEADER_BYTES = 8;

/** How many images of each kind the data behind a reference has, without reading it. */
export function imageCounts(reference: DatasetReference): { readonly trainRows: number; readonly testRows: number } {
  if (reference.name === 'digits') return { trainRows: DIGITS_TRAIN, testRows: DIGITS_TEST };
  const { files } = SOURCES[reference.name];
  return {
    trainRows: files['train-labels'].bytes - LABELS_HEADER_BYTES,
    testRows: files['test-labels'].bytes - LABELS_HEADER_BYTES,
  };
}
