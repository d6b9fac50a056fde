import { MAX_WORST } from '@layerline/api';
import type { WrongImage } from '@layerline/api';
import { SIDE } from '@layerline/datasets';
import type { Block } from '@layerline/protocol';
import type { Judgement } from './classification.js';

/** The block of score rows with the images themselves, [images, pixels], for those that look at what went wrong. */
export const PICTURES = 'pictures';

/** Keeps, of an evaluation, the images that goodness was most wrong about. */
export class WrongImages {
  #seen = 0;
  /** Greatest margin first. */
  readonly #worst: WrongImage[] = [];

  /** @param judged the next images of the test set @param pictures of them; without, none is kept */
  add(judged: readonly Judgement[], pictures: Extract<Block, { type: 'u8' }> | undefined): void {
    for (const [place, { label, predicted, margin }] of judged.entries()) {
      const index = this.#seen + place;
      if (label === predicted || pictures?.shape[1] !== SIDE * SIDE) continue;
      const rank = this.#worst.findIndex((other) => other.margin < margin);
      if (rank < 0 && this.#worst.length === MAX_WORST) continue;
      const pixels = Buffer.from(pictures.data.subarray(place * SIDE * SIDE, (place + 1) * SIDE * SIDE));
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
