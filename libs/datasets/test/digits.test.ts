import { createHash } from 'node:crypto';
import t from 'tap';
import { permutation, randomKey } from '@layerline/ops';
import { DIGITS_TEST, DIGITS_TRAIN, generateDigits, loadDataset, PIXELS } from '../src/index.js';
import type { GreySet, ImageSet } from '../src/index.js';

const CLASSES = 10;

const digits = generateDigits(1);

function hash(set: ImageSet): string {
  return createHash('sha256').update(set.images).update(set.labels).digest('hex');
}

t.test('one seed gives the same bytes on every machine', async (t) => {
  t.equal(hash(digits.train), '829391a44a75f3129eecb7114c9676e8eff89749348f1b76b6729aea7f84688f');
  t.equal(hash(digits.test), 'a2ea47fd320cff0e9dc29faf13fd92385118c2336fc377ffb8865c0b7d2d1d15');
  const loaded = await loadDataset({ name: 'digits', seed: 2 ** 40 });
  t.not(hash(loaded.train), hash(digits.train));
});

t.test('classes are balanced and digits fill the middle of their images', (t) => {
  t.same([digits.train.count, digits.test.count], [DIGITS_TRAIN, DIGITS_TEST]);
  t.equal(digits.train.images.length, DIGITS_TRAIN * PIXELS);
  const counts = new Array<number>(CLASSES).fill(0);
  for (const label of digits.test.labels) counts[label] = (counts[label] as number) + 1;
  t.same(counts, Array<number>(CLASSES).fill(DIGITS_TEST / CLASSES));
  let [ink, border, faint] = [0, 0, 0];
  for (let row = 0; row < DIGITS_TEST; row++) {
    const image = digits.test.images.subarray(row * PIXELS, (row + 1) * PIXELS);
    const inked = image.reduce((sum, grey) => sum + (grey > 60 ? 1 : 0), 0);
    ink += inked / DIGITS_TEST;
    if (inked < 15) faint++;
    border += image.subarray(0, 10).reduce((sum, grey) => sum + (grey > 60 ? 1 : 0), 0);
  }
  t.ok(ink > 70 && ink < 130, `${ink} inked pixels in an image`);
  t.equal(faint, 0, 'no image is nearly empty');
  t.equal(border / DIGITS_TEST < 0.05, true, 'the ten pixels that carry the label are background');
  t.end();
});

/** Test accuracy of softmax regression on the pixels, trained by SGD with momentum and a linear decay. */
function linearAccuracy(train: GreySet, test: GreySet, epochs: number): number {
  const weights = new Float64Array((PIXELS + 1) * CLASSES);
  const velocity = new Float64Array(weights.length);
  const batch = 50;
  const steps = (epochs * train.count) / batch;
  const gradient = new Float64Array(weights.length);
  const scores = new Float64Array(CLASSES);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(randomKey(epoch), train.count);
    for (let start = 0; start < train.count; start += batch, step++) {
      gradient.fill(0);
      for (let index = start; index < start + batch; index++) {
        const row = order[index] as number;
        score(weights, train.images, row, scores);
        const most = Math.max(...scores);
        const sum = scores.reduce((total, value) => total + Math.exp(value - most), 0);
        for (let unit = 0; unit < CLASSES; unit++) {
          scores[unit] = Math.exp((scores[unit] as number) - most) / sum - (unit === train.labels[row] ? 1 : 0);
        }
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          const grey = train.images[row * PIXELS + pixel] as number;
          if (grey === 0) continue;
          for (let unit = 0; unit < CLASSES; unit++) {
            const at = pixel * CLASSES + unit;
            gradient[at] = (gradient[at] as number) + ((scores[unit] as number) * grey) / 255;
          }
        }
        for (let unit = 0; unit < CLASSES; unit++) {
          const at = PIXELS * CLASSES + unit;
          gradient[at] = (gradient[at] as number) + (scores[unit] as number);
        }
      }
      const rate = (0.05 * (1 - step / steps)) / batch;
      for (let at = 0; at < weights.length; at++) {
        velocity[at] = 0.9 * (velocity[at] as number) - rate * (gradient[at] as number);
        weights[at] = (weights[at] as number) + (velocity[at] as number);
      }
    }
  }
  let right = 0;
  for (let row = 0; row < test.count; row++) {
    score(weights, test.images, row, scores);
    if (scores.indexOf(Math.max(...scores)) === test.labels[row]) right++;
  }
  return right / test.count;
}

function score(weights: Float64Array, images: Uint8Array, row: number, scores: Float64Array): void {
  for (let unit = 0; unit < CLASSES; unit++) scores[unit] = weights[PIXELS * CLASSES + unit] as number;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const grey = images[row * PIXELS + pixel] as number;
    if (grey === 0) continue;
    for (let unit = 0; unit < CLASSES; unit++) {
      scores[unit] = (scores[unit] as number) + ((weights[pixel * CLASSES + unit] as number) * grey) / 255;
    }
  }
}

t.test('a linear classifier gets between 80 and 92 %', (t) => {
  const accuracy = linearAccuracy(digits.train, digits.test, 8);
  t.comment(`linear accuracy ${accuracy}`);
  t.ok(accuracy > 0.84 && accuracy < 0.91, `accuracy ${accuracy}`);
  t.end();
});
