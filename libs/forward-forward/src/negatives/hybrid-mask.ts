import { bits, fold, integer, type RandomKey } from '@layerline/ops';
import { PIXELS, SIDE } from './dataset.js';
import { HybridPartnerError } from './errors.js';
import { writeLabel } from './rows.js';
import type { RowLabel } from './rows.js';

/**
 * How often a mask is blurred. Six passes of variance 1/2 in each direction are a Gaussian of 1.7 pixels, which leaves
 * a few connected regions of the size of a digit's parts, as in Hinton's figure 2.
 */
export const MASK_BLURS = 6;
/** Each blur multiplies by 4 in both directions, so that sums stay whole numbers; 16^6 fits 32 bits with room. */
const HALF = 16 ** MASK_BLURS / 2;

/** Separate these draws from others under the same key. */
const MASK = 0x6d_6173_6b;
const PARTNER = 0x70_6172_74;
/** Draws before a partner is looked for row by row; with ten balanced classes even two rarely fail. */
const PARTNER_DRAWS = 64;

const first = new Int32Array(PIXELS);
const second = new Int32Array(PIXELS);

/**
 * The mask of a hybrid image (Hinton 2022, section 3.2): a random bit image, blurred {@link MASK_BLURS} times with
 * [1/4, 1/2, 1/4] in both directions and thresholded at 0.5. Beyond its edges the image is extended with its outermost
 * pixels, so that the edges are as likely 1 as the middle. Exact whole-number arithmetic; allocates nothing.
 * @param key of one epoch and row @param out receives 784 zeros and ones
 */
export function hybridMask(key: RandomKey, out: Uint8Array): void {
  const own = fold(key, MASK);
  let word = 0;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    if (pixel % 32 === 0) word = bits(own, pixel / 32);
    first[pixel] = word & 1;
    word >>>= 1;
  }
  for (let blur = 0; blur < MASK_BLURS; blur++) {
    blurRows(first, second);
    blurColumns(second, first);
  }
  for (let pixel = 0; pixel < PIXELS; pixel++) out[pixel] = (first[pixel] as number) > HALF ? 1 : 0;
}

function blurRows(from: Int32Array, to: Int32Array): void {
  for (let start = 0; start < PIXELS; start += SIDE) {
    let before = from[start] as number;
    let here = before;
    for (let pixel = start; pixel < start + SIDE - 1; pixel++) {
      const after = from[pixel + 1] as number;
      to[pixel] = before + 2 * here + after;
      before = here;
      here = after;
    }
    to[start + SIDE - 1] = before + 3 * here;
  }
}

function blurColumns(from: Int32Array, to: Int32Array): void {
  for (let row = 0; row < SIDE; row++) {
    const here = row * SIDE;
    const above = row === 0 ? here : here - SIDE;
    const below = row === SIDE - 1 ? here : here + SIDE;
    for (let column = 0; column < SIDE; column++) {
      to[here + column] =
        (from[above + column] as number) + 2 * (from[here + column] as number) + (from[below + column] as number);
    }
  }
}

/**
 * Writes a negative row that shows image `a` where the mask is 1 and image `b` where it is 0, and then the label over
 * the first ten pixels. Allocates nothing.
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
    out[offset + pixel] = (images[(mask[pixel] === 1 ? fromA : fromB) + pixel] as number) / 255;
  }
  writeLabel(out, offset, label);
}

/**
 * The row that is mixed with `row`: any row with another label, all equally likely. The same for the same (key, epoch,
 * row).
 * @throws {HybridPartnerError} when all rows have one label
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
