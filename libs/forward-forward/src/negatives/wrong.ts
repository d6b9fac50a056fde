import { fold, integer } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import { labelsOf, negatives } from './negatives.js';

/** Separates this draw from others under the same key. */
const WRONG_LABEL = 0x77_726f_6e67;

/**
 * The label of a negative row: one of the others, all equally likely, never the true one. The same for the same (key, epoch,
 * row).
 */
export function wrongLabel(key: RandomKey, epoch: number, row: number, label: number, classes: number): number {
  const other = integer(fold(key, WRONG_LABEL, epoch), row, classes - 1);
  return other < label ? other : other + 1;
}

export const wrong = negatives({
  name: 'wrong',
  summary: 'the image under a wrong label',
  formula: 'a label other than the true one, all equally likely',
  source: 'Hinton 2022, arXiv 2212.13345, section 3.3',
  parameters: {},
  imagesPerPair: 1,
  needsLabels: true,
  write: (batch) => {
    const { chosen, classes, epoch, key } = batch;
    const labels = labelsOf(batch);
    chosen.forEach((row, place) => {
      const label = labels[row] as number;
      batch.image(place, row);
      batch.label(place, 0, label);
      batch.label(place, 1, wrongLabel(key, epoch, row, label, classes));
    });
  },
});
