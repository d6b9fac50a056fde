import { bits, fold } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/**
 * How often a mask is blurred. Six passes of variance 1/2 in each direction are a Gaussian of 1.7 pixels, which leaves
 * a few connected regions of the size of a digit's parts, as in Hinton's figure 2.
 */
export const MASK_BLURS = 6;
/** Each blur multiplies by 4 in both directions, so that sums stay whole numbers; 16^6 fits 32 bits with room. */
const HALF = 16 ** MASK_BLURS / 2;

/** Separates these draws from others under the same key. */
const MASK = 0x6d_6173_6b;

/**
 * Masks of hybrid images (Hinton 2022, section 3.2): a random bit image, blurred {@link MASK_BLURS} times with
 * [1/4, 1/2, 1/4] in both directions and thresholded at 0.5. Beyond its edges the image is extended with its outermost
 * pixels, so that the edges are as likely 1 as the middle. Exact whole-number arithmetic.
 */
export class HybridMask {
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  readonly #mask: Uint8Array;

  constructor(
    readonly height: number,
    readonly width: number,
  ) {
    this.#first = new Int32Array(height * width);
    this.#second = new Int32Array(height * width);
    this.#mask = new Uint8Array(height * width);
  }

  /** @param key of one epoch and row @returns height × width zeros and ones, valid until the next draw */
  draw(key: RandomKey): Uint8Array {
    const own = fold(key, MASK);
    const [first, mask] = [this.#first, this.#mask];
    let word = 0;
    for (let pixel = 0; pixel < first.length; pixel++) {
      if (pixel % 32 === 0) word = bits(own, pixel / 32);
      first[pixel] = word & 1;
      word >>>= 1;
    }
    for (let blur = 0; blur < MASK_BLURS; blur++) {
      this.#blurRows();
      this.#blurColumns();
    }
    for (let pixel = 0; pixel < first.length; pixel++) mask[pixel] = (first[pixel] as number) > HALF ? 1 : 0;
    return mask;
  }

  #blurRows(): void {
    const [from, to, { width }] = [this.#first, this.#second, this];
    for (let start = 0; start < from.length; start += width) {
      let before = from[start] as number;
      let here = before;
      for (let pixel = start; pixel < start + width - 1; pixel++) {
        const after = from[pixel + 1] as number;
        to[pixel] = before + 2 * here + after;
        before = here;
        here = after;
      }
      to[start + width - 1] = before + 3 * here;
    }
  }

  #blurColumns(): void {
    const [from, to, { height, width }] = [this.#second, this.#first, this];
    for (let row = 0; row < height; row++) {
      const here = row * width;
      const above = row === 0 ? here : here - width;
      const below = row === height - 1 ? here : here + width;
      for (let column = 0; column < width; column++) {
        to[here + column] =
          (from[above + column] as number) + 2 * (from[here + column] as number) + (from[below + column] as number);
      }
    }
  }
}
