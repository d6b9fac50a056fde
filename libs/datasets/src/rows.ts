import { CLASSES, PIXELS } from './dataset.js';

/** Level of each of the ten label pixels in a row that carries no label (Hinton 2022, section 3.3). */
export const NEUTRAL_LEVEL = 1 / CLASSES;

const GREY = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** What the first ten pixels of a row show: a class, the neutral label, or nothing. */
export type RowLabel = number | 'neutral' | 'none';

/**
 * Writes one row as a network reads it: pixels in [0, 1], the first ten overwritten by the label (see
 * {@link writeLabel}). Allocates nothing.
 * @param out receives 784 numbers from `offset` on @param images count × 784 bytes @param row which image
 */
export function writeRow(out: Float32Array, offset: number, images: Uint8Array, row: number, label: RowLabel): void {
  const from = row * PIXELS;
  for (let pixel = CLASSES; pixel < PIXELS; pixel++) {
    out[offset + pixel] = GREY[images[from + pixel] as number] as number;
  }
  writeLabel(out, offset, label);
}

/** Writes ten pixels: a class one-hot, 0.1 each for `neutral` (Hinton 2022, section 3.3), or zeros for `none`. */
export function writeLabel(out: Float32Array, offset: number, label: RowLabel): void {
  out.fill(label === 'neutral' ? NEUTRAL_LEVEL : 0, offset, offset + CLASSES);
  if (typeof label === 'number') out[offset + label] = 1;
}

/**
 * Writes a row that shows image `a` where the mask is 1 and image `b` where it is 0, and then the label over the first ten
 * pixels. Allocates nothing.
 * @param out receives 784 numbers in [0, 1] from `offset` on @param images count × 784 bytes
 */
export function writeHybridRow(
  out: Float32Array,
  offset: number,
  images: Uint8Array,
  a: number,
  b: number,
  mask: Uint8Array,
  label: RowLabel,
): void {
  const fromA = a * PIXELS;
  const fromB = b * PIXELS;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    out[offset + pixel] = GREY[images[(mask[pixel] === 1 ? fromA : fromB) + pixel] as number] as number;
  }
  writeLabel(out, offset, label);
}
