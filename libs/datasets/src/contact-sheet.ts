import { encode } from 'fast-png';
import type { Content } from './content-hash.js';
import { rowSize } from './dataset.js';

/** Pictures of a class, beside each other. */
const ACROSS = 12;
/** More classes than this make a sheet too long to look at. */
const MOST_CLASSES = 60;
/** Pixels between pictures, and their grey. */
const GAP = 2;
const GROUND = 96;

/**
 * Some pictures of each class as one picture: a class a line, its first rows from the left, in the order of the classes. A
 * table's rows are lines of greys.
 * @returns a PNG
 */
export function contactSheet({ spec, train }: Content): Uint8Array {
  const { height, width, channels, kind } = spec;
  const [tall, wide] = kind === 'table' ? [8, width * 4] : [height, width];
  const lines = Math.min(spec.classes.length, MOST_CLASSES);
  const sheet = { width: GAP + ACROSS * (wide + GAP), height: GAP + lines * (tall + GAP) };
  const data = new Uint8Array(sheet.width * sheet.height * channels).fill(GROUND);
  const size = rowSize(spec);
  const scale = train.images instanceof Uint8Array ? 1 : 255;
  const shown = new Array<number>(lines).fill(0);
  for (const [row, label] of train.labels.entries()) {
    const place = shown[label] ?? ACROSS;
    if (place === ACROSS) continue;
    shown[label] = place + 1;
    const [left, top] = [GAP + place * (wide + GAP), GAP + label * (tall + GAP)];
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        const pixel = kind === 'table' ? Math.floor(x / 4) : y * width + x;
        for (let channel = 0; channel < channels; channel++) {
          const value = scale * (train.images[row * size + pixel * channels + channel] as number);
          data[((top + y) * sheet.width + left + x) * channels + channel] = Math.min(255, Math.max(0, value));
        }
      }
    }
  }
  return encode({ ...sheet, channels, data });
}
