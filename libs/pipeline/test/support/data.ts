import { DIGITS_SPEC, PIXELS } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import { fold, randomKey, uniform } from '@layerline/ops';
import type { Block } from '@layerline/protocol';

const CLASSES = 10;

const KEY = randomKey(0x64617461);
/** The share of pixels that are inked in the picture of a class. */
const INKED = 0.12;
/** The share of pixels that differ from it in an image. */
const NOISE = 0.03;

/** Images of ten pictures that have little in common, each with noise of its own: easy to tell apart. */
export function pictures(trainRows = 200, testRows = 60): Dataset {
  return { name: 'digits', spec: DIGITS_SPEC, train: draw(1, trainRows), test: draw(2, testRows) };
}

function draw(split: number, count: number): ImageSet {
  const images = new Uint8Array(count * PIXELS);
  const labels = Uint8Array.from({ length: count }, (_, row) => row % CLASSES);
  for (let row = 0; row < count; row++) {
    const picture = fold(KEY, 0, labels[row] as number);
    const noise = fold(KEY, split, row);
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const inked = uniform(picture, pixel) < INKED !== uniform(noise, pixel) < NOISE;
      images[row * PIXELS + pixel] = inked ? 255 : 0;
    }
  }
  return { images, labels, count };
}

/** Behind the label's pixels, each image has one inked pixel of its own: it can be told from what is made of it. */
export function numberedRows(trainRows: number, testRows: number): Dataset {
  return { name: 'digits', spec: DIGITS_SPEC, train: numbered(trainRows), test: numbered(testRows) };
}

function numbered(count: number): ImageSet {
  const images = new Uint8Array(count * PIXELS);
  for (let row = 0; row < count; row++) images[row * PIXELS + CLASSES + row] = 255;
  return { images, labels: Uint8Array.from({ length: count }, (_, row) => (row * 7) % CLASSES), count };
}

/** An image without anything on it, as score rows carry it. */
export const BLANK: Block = { name: 'pictures', type: 'u8', shape: [1, PIXELS], data: new Uint8Array(PIXELS) };
