/**
 * Counter-based randomness: a number is a pure function of a key and a counter, so nothing that draws numbers has
 * state to save, and any row, unit or epoch can be drawn on any machine without drawing the ones before it.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011).
 */

import { inverseNormal } from './inverse-normal.js';

/**
 * A 64-bit Threefry key. Derive one per purpose with {@link fold}; never use one key for two purposes, and never both
 * fold a key and draw from it.
 */
export type RandomKey = readonly [number, number];

/** The key-schedule parity constant: the upper half of Skein's, as in Random123. */
const PARITY = 0x1bd11bda;

const block = new Uint32Array(2);

/**
 * One Threefry-2x32-20 block. Returns a view that the next call overwrites: read both words at once.
 * @param k0 first key word
 * @param k1 second key word
 * @param c0 first counter word
 * @param c1 second counter word
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): Uint32Array {
  const k2 = PARITY ^ k0 ^ k1;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  // Unrolled: a loop over the rotations takes three times as long, and a wide layer draws millions of weights.
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 5) | 0;
  block[0] = x0;
  block[1] = x1;
  return block;
}

/** The root key of a run. @param seed an integer from 0 to 2^53 − 1 */
export function randomKey(seed: number): RandomKey {
  return [seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0];
}

/** Derives an independent key for each sequence of coordinates, such as (purpose, epoch, row). */
export function fold(key: RandomKey, ...coordinates: readonly number[]): RandomKey {
  let [k0, k1] = key;
  for (const coordinate of coordinates) {
    const words = threefry2x32(k0, k1, coordinate >>> 0, Math.floor(coordinate / 0x1_0000_0000) >>> 0);
    k0 = words[0] as number;
    k1 = words[1] as number;
  }
  return [k0, k1];
}

/** An unsigned 32-bit integer. @param counter from 0 to 2^32 − 1, here and below */
export function bits(key: RandomKey, counter: number): number {
  return threefry2x32(key[0], key[1], counter >>> 0, 0)[0] as number;
}

/** A number in [0, 1), a multiple of 2^-32. */
export function uniform(key: RandomKey, counter: number): number {
  return bits(key, counter) / 0x1_0000_0000;
}

/** An integer from 0 to `below` − 1, without modulo bias beyond 2^-32 × `below`. */
export function integer(key: RandomKey, counter: number, below: number): number {
  return Math.floor(uniform(key, counter) * below);
}

/** A standard normal number within ±6.34: the inverse of the cumulative distribution function at a uniform number. */
export function normal(key: RandomKey, counter: number): number {
  // Half a step off the grid keeps the argument inside (0, 1) and symmetric around one half. It also keeps it 2^-33
  // away from both ends, and so out of PPND16's third interval, which begins at exp(-25).
  return inverseNormal((bits(key, counter) + 0.5) / 0x1_0000_0000);
}

/** A permutation of 0 … `length` − 1 (Fisher–Yates). */
export function permutation(key: RandomKey, length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = integer(key, last, last + 1);
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}
