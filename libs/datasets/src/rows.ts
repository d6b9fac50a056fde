import { fold, integer, type RandomKey } from '@layerline/ops';
import { CLASSES, PIXELS } from './dataset.js';

/** Level of each of the ten label pixels in a row that carries no label (Hinton 2022, section 3.3). */
export const NEUTRAL_LEVEL = 1 / CLASSES;

/** Separates this draw from others under the same key. */
const WRONG_LABEL = 0x77_726f_6e67;
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
 * The label of a negative row: one of the nine others, all equally likely, never the true one. The same for the same
 * (key, epoch, row).
 */
export function wrongLabel(key: RandomKey, epoch: number, row: number, label: number): number {
  const other = integer(fold(key, WRONG_LABEL, epoch), row, CLASSES - 1);
  return other < label ? other : other + 1;
}
