import { fold, randomKey } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/** What random numbers are drawn for. Each purpose has a key of its own; a number never changes its meaning. */
const PURPOSES = { order: 1, negatives: 2, weights: 3, preparation: 4, dropout: 5, readoutDropout: 6 } as const;

/** The key of a purpose in a run, and of something counted within it, such as a layer. */
export function keyFor(seed: number, purpose: keyof typeof PURPOSES, ...coordinates: readonly number[]): RandomKey {
  return fold(randomKey(seed), PURPOSES[purpose], ...coordinates);
}
