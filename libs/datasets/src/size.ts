import type { DatasetReference } from './dataset.js';
import { DIGITS_TRAIN } from './digits.js';
import { SOURCES } from './sources.js';

/** An IDX file of labels is this and a byte for each. */
const LABELS_HEADER_BYTES = 8;

/** How many training images the data behind a reference has, without reading it. */
export function trainingImages(reference: DatasetReference): number {
  if (reference.name === 'digits') return DIGITS_TRAIN;
  return SOURCES[reference.name].files['train-labels'].bytes - LABELS_HEADER_BYTES;
}
