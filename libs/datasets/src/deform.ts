import { bits, fold, uniform, type RandomKey } from '@layerline/ops';
import { SIDE } from './dataset.js';
import type { Points } from './skeletons.js';

/**
 * How far the digits vary. Chosen so that a linear classifier on the pixels gets 86 to 89 % and an ordinary two-layer
 * network more than 98 %; a test checks the first.
 */
const HEIGHT = { min: 15, max: 21 };
/** Width of the unit box relative to its height. */
const ASPECT = { min: 0.65, max: 1.1 };
/** Largest tangent of half the angle: about ±20°. */
const HALF_TURN = 0.18;
const SHEAR = 0.3;
/** Largest shift from the middle, in pixels. */
const SHIFT = 2;
/** Standard deviation of the elastic deformation's control points, in unit boxes. */
const ELASTIC = 0.1;
/** Control points along each axis: a bicubic Bézier patch. */
const CONTROLS = 4;

/** Counters of the draws of one digit under one key. */
const DRAW = { height: 0, aspect: 1, turn: 2, shear: 3, shiftX: 4, shiftY: 5, elastic: 16 } as const;

/**
 * One random bend of the unit box into the image: an elastic free-form deformation (Sederberg and Parry, SIGGRAPH
 * 1986) and then an affine map. Only sums, products and quotients, which IEEE 754 rounds the same on every machine.
 */
export class Deformation {
  readonly #controls = new Float64Array(CONTROLS * CONTROLS * 2);
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  #middleX = 0;
  #middleY = 0;

  /** Draws all parameters from one digit's key. */
  draw(key: RandomKey): void {
    const between = (counter: number, range: { min: number; max: number }): number =>
      range.min + (range.max - range.min) * uniform(key, counter);
    const around = (counter: number, reach: number): number => reach * (2 * uniform(key, counter) - 1);

    const height = between(DRAW.height, HEIGHT);
    const width = height * between(DRAW.aspect, ASPECT);
    const half = around(DRAW.turn, HALF_TURN);
    const cosine = (1 - half * half) / (1 + half * half);
    const sine = (2 * half) / (1 + half * half);
    const shear = around(DRAW.shear, SHEAR);
    this.#a = width * cosine;
    this.#b = height * (shear * cosine - sine);
    this.#c = width * sine;
    this.#d = height * (shear * sine + cosine);
    this.#middleX = (SIDE - 1) / 2 + around(DRAW.shiftX, SHIFT);
    this.#middleY = (SIDE - 1) / 2 + around(DRAW.shiftY, SHIFT);
    const elastic = fold(key, DRAW.elastic);
    for (let index = 0; index < this.#controls.length; index++) this.#controls[index] = ELASTIC * bell(elastic, index);
  }

  /** Maps points of the unit box to pixels. Both arrays alternate x and y; `out` has room for all of `points`. */
  apply(points: Points, out: Points): void {
    for (let at = 0; at + 1 < points.length; at += 2) {
      const x = points[at] as number;
      const y = points[at + 1] as number;
      let bentX = x - 0.5;
      let bentY = y - 0.5;
      for (let row = 0; row < CONTROLS; row++) {
        const weightY = bernstein(row, y);
        for (let column = 0; column < CONTROLS; column++) {
          const weight = weightY * bernstein(column, x);
          const control = (row * CONTROLS + column) * 2;
          bentX += weight * (this.#controls[control] as number);
          bentY += weight * (this.#controls[control + 1] as number);
        }
      }
      out[at] = this.#middleX + this.#a * bentX + this.#b * bentY;
      out[at + 1] = this.#middleY + this.#c * bentX + this.#d * bentY;
    }
  }
}

/** The cubic Bernstein polynomials. */
function bernstein(index: number, at: number): number {
  const rest = 1 - at;
  if (index === 0) return rest * rest * rest;
  if (index === 1) return 3 * at * rest * rest;
  return index === 2 ? 3 * at * at * rest : at * at * at;
}

/** Variance of the sum of four independent bytes. */
const BYTES_VARIANCE = (4 * (256 * 256 - 1)) / 12;

/**
 * A bell-shaped number of mean 0 and variance 1: the sum of a word's four bytes. Used in place of a normal number
 * because it needs no logarithm, whose last bit may differ between machines.
 */
function bell(key: RandomKey, counter: number): number {
  const word = bits(key, counter);
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  return (sum - 510) / Math.sqrt(BYTES_VARIANCE);
}
