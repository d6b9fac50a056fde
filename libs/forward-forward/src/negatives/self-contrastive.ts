import { anotherRow } from './another-row.js';
import { labelOf, negatives } from './negatives.js';

export const selfContrastive = negatives({
  name: 'self-contrastive',
  summary: 'the image with another one; the positive row is the image with itself',
  formula: '(x + x′) / 2, with any other image x′, against (x + x) / 2',
  source: 'Chen, Liu, Laydevant and Grollier 2025, arXiv 2409.11593, with equal weights for both images',
  parameters: {},
  imagesPerPair: 2,
  needsLabels: false,
  write: (batch) => {
    const { chosen, rows, epoch, key } = batch;
    chosen.forEach((row, place) => {
      const second = chosen.length + place;
      batch.image(place, row);
      batch.mean(second, row, anotherRow(key, epoch, row, rows));
      batch.label(place, 0, labelOf(batch, row));
      batch.label(second, 0, labelOf(batch, row));
    });
  },
});
