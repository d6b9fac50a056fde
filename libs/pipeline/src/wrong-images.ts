import { MAX_WORST } from '@layerline/api';
import type { WrongImage } from '@layerline/api';
import { SIDE } from '@layerline/datasets';
import type { Judgement } from './classification.js';

/** Keeps, of an evaluation, the images that goodness was most wrong about. */
export class WrongImages {
  #seen = 0;
  /** Greatest margin first. */
  readonly #worst: WrongImage[] = [];

  /** @param judged the next images of the test set @param pictures of them, [images, 784] */
  add(judged: readonly Judgement[], pictures: Uint8Array): void {
    for (const [place, { label, predicted, margin }] of judged.entries()) {
      const index = this.#seen + place;
      if (label === predicted) continue;
      const rank = this.#worst.findIndex((other) => other.margin < margin);
      if (rank < 0 && this.#worst.length === MAX_WORST) continue;
      const pixels = Buffer.from(pictures.subarray(place * SIDE * SIDE, (place + 1) * SIDE * SIDE));
      const picture = { width: SIDE, height: SIDE, pixels: pixels.toString('base64') };
      this.#worst.splice(rank < 0 ? this.#worst.length : rank, 0, { index, label, predicted, margin, picture });
      this.#worst.length = Math.min(this.#worst.length, MAX_WORST);
    }
    this.#seen += judged.length;
  }

  get worst(): WrongImage[] {
    return [...this.#worst];
  }
}
