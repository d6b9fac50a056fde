import { fold, integer } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import { HybridPartnerError } from '../errors.js';
import { HybridMask } from './hybrid-mask.js';
import { labelOf, negatives } from './negatives.js';
import { anotherRow } from './another-row.js';

/** Separates these draws from others under the same key. */
const PARTNER = 0x70_6172_74;
/** Draws before a partner is looked for row by row; with ten balanced classes even two rarely fail. */
const PARTNER_DRAWS = 64;

/**
 * The row that is mixed with `row`: any row with another label, all equally likely. The same for the same (key, epoch,
 * row).
 * @throws HybridPartnerError when all rows have one label
 */
export function hybridPartner(key: RandomKey, epoch: number, row: number, labels: Uint8Array): number {
  const own = fold(key, PARTNER, epoch, row);
  const label = labels[row] as number;
  let partner = 0;
  for (let draw = 0; draw < PARTNER_DRAWS; draw++) {
    partner = integer(own, draw, labels.length);
    if (labels[partner] !== label) return partner;
  }
  for (let step = 1; step < labels.length; step++) {
    const next = (partner + step) % labels.length;
    if (labels[next] !== label) return next;
  }
  throw new HybridPartnerError(row, label);
}

export const hybrid = negatives({
  name: 'hybrid',
  summary: 'a mixture of the image and one of another class',
  formula:
    'm x + (1 − m) x′, with a blurred and thresholded random mask m and an image x′ of another class, or any other without labels',
  source: 'Hinton 2022, arXiv 2212.13345, section 3.2',
  parameters: {},
  imagesPerPair: 2,
  needsLabels: false,
  write: (batch) => {
    const { chosen, labels, rows, epoch, key, height, width } = batch;
    const mask = new HybridMask(height, width);
    chosen.forEach((row, place) => {
      const label = labelOf(batch, row);
      const second = chosen.length + place;
      const partner = labels === undefined ? anotherRow(key, epoch, row, rows) : hybridPartner(key, epoch, row, labels);
      batch.image(place, row);
      batch.hybrid(second, row, partner, mask.draw(fold(key, epoch, row)));
      batch.label(place, 0, label);
      batch.label(second, 0, label);
    });
  },
});
