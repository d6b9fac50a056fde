import { fold, integer } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import { labelsOf, negatives } from './negatives.js';
import { wrongLabel } from './wrong.js';

/** Separates this draw from others under the same key. */
const HARD_LABEL = 0x68_6172_64;

/**
 * The label of a hard negative: one of the others, each as likely as its weight says. The same for the same (key, epoch, row) and
 * weights.
 * @param weights of the row's classes; at least one other than that of the true label is above 0
 */
export function hardLabel(key: RandomKey, epoch: number, row: number, label: number, weights: Uint8Array): number {
  const total = weights.reduce((sum, weight, each) => (each === label ? sum : sum + weight), 0);
  let left = integer(fold(key, HARD_LABEL, epoch), row, total);
  for (const [each, weight] of weights.entries()) {
    if (each === label) continue;
    if (left < weight) return each;
    left -= weight;
  }
  throw new RangeError('All weights of a row are 0');
}

export const hard = negatives({
  name: 'hard',
  summary: 'the image under a wrong label that the network finds likely',
  formula: 'a label other than the true one, drawn by what speaks for it: see `hardBy`, `hardEvery`',
  source: 'Hinton 2022, arXiv 2212.13345, section 3.3: "the hard negative labels"',
  parameters: {},
  imagesPerPair: 1,
  needsLabels: true,
  write: (batch) => {
    const { chosen, classes, epoch, key, weights } = batch;
    const labels = labelsOf(batch);
    chosen.forEach((row, place) => {
      const label = labels[row] as number;
      const own = weights?.subarray(row * classes, (row + 1) * classes);
      const other =
        own === undefined ? wrongLabel(key, epoch, row, label, classes) : hardLabel(key, epoch, row, label, own);
      batch.image(place, row);
      batch.label(place, 0, label);
      batch.label(place, 1, other);
    });
  },
});
