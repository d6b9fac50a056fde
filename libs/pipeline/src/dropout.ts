import type { UnitRange } from '@layerline/forward-forward';
import { widthOf } from '@layerline/forward-forward';
import { bits, fold } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/** A word of random bits decides about so many units, each by 16 of them. */
const UNITS_OF_WORD = 2;
const LEVELS = 2 ** 16;

/**
 * The mask of dropout for a batch: 0 for what is left out, and for the rest what makes up for that. Drawn for each image and
 * unit, the same for all rows made of the image, whatever the shard.
 * @param key of the layer @param dropout the share that is left out
 * @param copies rows that are made of an image: all first rows come first
 * @returns [copies × images, width]
 */
export function dropoutMask(
  key: RandomKey,
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
  images: number,
  range: UnitRange,
  dropout: number,
  copies: number,
): Float32Array {
  const width = widthOf(range);
  const mask = new Float32Array(copies * images * width);
  const limit = Math.round(dropout * LEVELS);
  const kept = 1 / (1 - dropout);
  const ofBatch = fold(key, epoch, batch);
  for (let image = 0; image < images; image++) {
    const ofImage = fold(ofBatch, image);
    let word = 0;
    for (let unit = range.from; unit < range.to; unit++) {
      if (unit === range.from || unit % UNITS_OF_WORD === 0) {
        word = bits(ofImage, Math.floor(unit / UNITS_OF_WORD)) >>> (16 * (unit % UNITS_OF_WORD));
      }
      const level = word & (LEVELS - 1);
      word >>>= 16;
      if (level >= limit) mask[image * width + unit - range.from] = kept;
    }
  }
  for (let copy = 1; copy < copies; copy++) mask.copyWithin(copy * images * width, 0, images * width);
  return mask;
}
