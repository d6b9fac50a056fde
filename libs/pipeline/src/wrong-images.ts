import { MAX_WORST } from '@layerline/api';
import type { WrongImage } from '@layerline/api';
import type { Judgement } from './classification.js';

/** Keeps, of an evaluation, the images that goodness was most wrong about. */
export class WrongImages {
  #seen = 0;
  /** Greatest margin first. */
  readonly #worst: WrongImage[] = [];

  /** @param of the pictures, in pixels */
  constructor(readonly of: { readonly height: number; readonly width: number }) {}

  /** @param judged the next images of the test set @param pictures of them, [images, height × width] */
  add(judged: readonly Judgement[], pictures: Uint8Array): void {
    for (const [place, { label, predicted, margin }] of judged.entries()) {
      const index = this.#seen + place;
      if (label === predicted) continue;
      const rank = this.#worst.findIndex((other) => other.margin < margin);
      if (rank < 0 && this.#worst.length === MAX_WORST) continue;
      const { width, height } = this.of;
      const size = width * height;
      const pixels = Buffer.from(pictures.subarray(place * size, (place + 1) * size));
      const picture = { width, height, pixels: pixels.toString('base64') };
      this.#worst.splice(rank < 0 ? this.#worst.length : rank, 0, { index, label, predicted, margin, picture });
      this.#worst.length = Math.min(this.#worst.length, MAX_WORST);
    }
    this.#seen += judged.length;
  }

  get worst(): WrongImage[] {
    return [...this.#worst];
  }
}
