import type { UnitRange } from '@layerline/forward-forward';
import { widthOf } from '@layerline/forward-forward';
import { bits, fold } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/** A word of random bits decides about so many units, each by 16 of them. */
const UNITS_OF_WORD = 2;
const LEVELS = 2 ** 16;

/**
 * The mask of dropout for a batch: 0 for what is left out, and for the rest what makes up for that. Drawn for each pair of
 * rows and unit, the same for the positive and the negative row, whatever the shard.
 * @param key of the layer @param dropout the share that is left out
 * @returns [2 × pairs, width]
 */
export function dropoutMask(
  key: RandomKey,
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
  pairs: number,
  range: UnitRange,
  dropout: number,
): Float32Array {
  const width = widthOf(range);
  const mask = new Float32Array(2 * pairs * width);
  const limit = Math.round(dropout * LEVELS);
  const kept = 1 / (1 - dropout);
  const ofBatch = fold(key, epoch, batch);
  for (let pair = 0; pair < pairs; pair++) {
    const ofPair = fold(ofBatch, pair);
    let word = 0;
    for (let unit = range.from; unit < range.to; unit++) {
      if (unit === range.from || unit % UNITS_OF_WORD === 0) {
        word = bits(ofPair, Math.floor(unit / UNITS_OF_WORD)) >>> (16 * (unit % UNITS_OF_WORD));
      }
      const level = word & (LEVELS - 1);
      word >>>= 16;
      if (level >= limit) mask[pair * width + unit - range.from] = kept;
    }
  }
  mask.copyWithin(pairs * width, 0, pairs * width);
  return mask;
}
