/**
 * Counter-based randomness: a number is a pure function of a key and a counter, so nothing that draws numbers has
 * state to save, and any row, unit or epoch can be drawn on any machine without drawing the ones before it.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011).
 */

/**
 * A 64-bit Threefry key. Derive one per purpose with {@link fold}; never use one key for two purposes, and never both
 * fold a key and draw from it.
 */
export type RandomKey = readonly [number, number];

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
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
  for (let group = 0; group < 5; group++) {
    const first = (group & 1) * 4;
    for (let round = 0; round < 4; round++) {
      const rotation = ROTATIONS[first + round] as number;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    const injected = group % 3;
    x0 = (x0 + (injected === 0 ? k1 : injected === 1 ? k2 : k0)) | 0;
    x1 = (x1 + (injected === 0 ? k2 : injected === 1 ? k0 : k1) + group + 1) | 0;
  }
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

/**
 * A standard normal number within ±6.34: the inverse of the normal distribution at a uniform one (Wichura, AS 241,
 * PPND16).
 */
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

const CENTRAL_NUMERATOR = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
] as const;
const CENTRAL_DENOMINATOR = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852546,
] as const;
const TAIL_NUMERATOR = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
] as const;
const TAIL_DENOMINATOR = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
] as const;
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let power = coefficients.length - 1; power >= 0; power--) value = value * x + (coefficients[power] as number);
  return value;
}

/** @param p from exp(-25) to 1 − exp(-25) */
function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRAL_NUMERATOR, r)) / polynomial(CENTRAL_DENOMINATOR, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const magnitude = polynomial(TAIL_NUMERATOR, r - 1.6) / polynomial(TAIL_DENOMINATOR, r - 1.6);
  return q < 0 ? -magnitude : magnitude;
}
