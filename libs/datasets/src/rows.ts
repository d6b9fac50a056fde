import type { DataSpec, ImageSet } from './dataset.js';
import { inputsOf, rowSize } from './dataset.js';

const GREY = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** What the inputs of a row's label show: a class, the neutral label, or nothing. */
export type RowLabel = number | 'neutral' | 'none';

/**
 * Writes rows as a network reads them: in the first inputs the label, as many as there are classes, then all pixels, or those
 * that are not under the label. Allocates nothing.
 */
export class RowWriter {
  /** Numbers of a row. */
  readonly inputs: number;
  /** Inputs of the label. */
  readonly classes: number;
  readonly #size: number;
  /** What comes before the first pixel, and the first pixel that is shown. */
  readonly #offset: number;
  readonly #first: number;
  readonly #channels: number;

  constructor(spec: DataSpec) {
    this.inputs = inputsOf(spec);
    this.classes = spec.classes.length;
    this.#size = rowSize(spec);
    this.#offset = spec.label === 'append' ? this.classes : 0;
    this.#first = spec.label === 'append' ? 0 : this.classes;
    this.#channels = spec.channels;
  }

  /** Writes a row without its label: zeros there. @param out receives {@link inputs} numbers from `at` on */
  row(out: Float32Array, at: number, { images }: Pick<ImageSet, 'images'>, row: number): void {
    this.label(out, at, 'none');
    const from = row * this.#size;
    const to = at + this.#offset;
    if (images instanceof Uint8Array) {
      for (let pixel = this.#first; pixel < this.#size; pixel++) {
        out[to + pixel] = GREY[images[from + pixel] as number] as number;
      }
    } else {
      for (let pixel = this.#first; pixel < this.#size; pixel++) out[to + pixel] = images[from + pixel] as number;
    }
  }

  /**
   * Writes a row that shows row `a` where the mask is 1 and `b` where it is 0, without a label.
   * @param mask a number for each pixel, whatever its channels
   */
  hybrid(
    out: Float32Array,
    at: number,
    { images }: Pick<ImageSet, 'images'>,
    a: number,
    b: number,
    mask: Uint8Array,
  ): void {
    this.label(out, at, 'none');
    const to = at + this.#offset;
    const isBytes = images instanceof Uint8Array;
    for (let pixel = this.#first; pixel < this.#size; pixel++) {
      const row = mask[Math.floor(pixel / this.#channels)] === 1 ? a : b;
      const value = images[row * this.#size + pixel] as number;
      out[to + pixel] = isBytes ? (GREY[value] as number) : value;
    }
  }

  /** Writes the mean of rows `a` and `b`, without a label. */
  mean(out: Float32Array, at: number, { images }: Pick<ImageSet, 'images'>, a: number, b: number): void {
    this.label(out, at, 'none');
    const to = at + this.#offset;
    const isBytes = images instanceof Uint8Array;
    for (let pixel = this.#first; pixel < this.#size; pixel++) {
      const sum = (images[a * this.#size + pixel] as number) + (images[b * this.#size + pixel] as number);
      out[to + pixel] = isBytes ? sum / (2 * 255) : sum / 2;
    }
  }

  /**
   * Writes a label: a class one-hot, the same in each for `neutral` (Hinton 2022, section 3.3), or zeros for `none`.
   * @param out receives {@link classes} numbers from `at` on
   */
  label(out: Float32Array, at: number, label: RowLabel): void {
    out.fill(label === 'neutral' ? 1 / this.classes : 0, at, at + this.classes);
    if (typeof label === 'number') out[at + label] = 1;
  }
}

/**
 * A row as a grey picture, for people: a byte for each pixel, the mean of its channels.
 * @param out receives height × width bytes from `at` on
 */
export function writePicture(
  out: Uint8Array,
  at: number,
  { images }: Pick<ImageSet, 'images'>,
  row: number,
  spec: DataSpec,
): void {
  const { channels } = spec;
  const size = rowSize(spec);
  const scale = images instanceof Uint8Array ? 1 : 255;
  for (let pixel = 0; pixel < size / channels; pixel++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += images[row * size + pixel * channels + channel] as number;
    }
    out[at + pixel] = Math.round(Math.min(255, Math.max(0, (scale * sum) / channels)));
  }
}
