import { labelsOf, negatives } from './negatives.js';
import { wrongLabel } from './wrong.js';

/** An epoch that no run has, whose labels are those of all. */
const OF_ALL_EPOCHS = 0;

export const fixed = negatives({
  name: 'fixed',
  summary: 'the image under one wrong label, the same in every epoch',
  formula: 'a label other than the true one, drawn once for each image',
  source: 'negatives made beforehand, as in published programs of the Forward-Forward algorithm',
  parameters: {},
  imagesPerPair: 1,
  needsLabels: true,
  write: (batch) => {
    const { chosen, classes, key } = batch;
    const labels = labelsOf(batch);
    chosen.forEach((row, place) => {
      const label = labels[row] as number;
      batch.image(place, row);
      batch.label(place, 0, label);
      batch.label(place, 1, wrongLabel(key, OF_ALL_EPOCHS, row, label, classes));
    });
  },
});
