import { bits, fold, integer, randomKey, uniform, type RandomKey } from '@layerline/ops';
import { DIGITS_SPEC, PIXELS, type GreySet } from './dataset.js';
import { Deformation } from './deform.js';
import { Raster } from './raster.js';
import { SKELETONS, type Skeleton } from './skeletons.js';

export const DIGITS_TRAIN = 20_000;
export const DIGITS_TEST = 4_000;
/** The default seed. */
export const DIGITS_SEED = 1;

/** First coordinates of the keys, so that digits share no randomness with whatever else a seed is used for. */
const PURPOSE = 0xd161_7500;
const SPLIT = { train: 0, test: 1 } as const;

/** Half the width of the pen, in pixels. */
const RADIUS = { min: 0.7, max: 1.7 };
/** How dark the ink is: 1 is 255. */
const INK = { min: 0.7, max: 1 };
/** The largest noise on an inked pixel, in grey levels either way. */
const NOISE = 24;

/** Counters of the draws of one digit under one key, apart from those of its deformation. */
const DRAW = { skeleton: 0, radius: 1, ink: 2, noise: 16 } as const;
const KEYS = { look: 0, deformation: 1 } as const;

/**
 * The built-in data set: handwritten-looking digits drawn by the program, for a machine without MNIST. Row r shows the
 * digit r mod 10. The bytes depend only on `seed` (an integer from 0 to 2^53 − 1), on every machine: no step uses a
 * function, such as a sine, that machines may round differently.
 */
export function generateDigits(seed: number): { readonly train: GreySet; readonly test: GreySet } {
  const key = fold(randomKey(seed), PURPOSE);
  return {
    train: draw(fold(key, SPLIT.train), DIGITS_TRAIN),
    test: draw(fold(key, SPLIT.test), DIGITS_TEST),
  };
}

function draw(key: RandomKey, count: number): GreySet {
  const pen = new Pen();
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const label = row % DIGITS_SPEC.classes.length;
    labels[row] = label;
    pen.write(fold(key, row), label, images, row * PIXELS);
  }
  return { images, labels, count };
}

class Pen {
  readonly #deformation = new Deformation();
  readonly #raster = new Raster();
  readonly #coverage = new Float64Array(PIXELS);
  readonly #strokes: Float64Array[] = [];

  write(key: RandomKey, digit: number, images: Uint8Array, offset: number): void {
    const look = fold(key, KEYS.look);
    const variants = SKELETONS[digit] as readonly Skeleton[];
    const skeleton = variants[integer(look, DRAW.skeleton, variants.length)] as Skeleton;
    const radius = RADIUS.min + (RADIUS.max - RADIUS.min) * uniform(look, DRAW.radius);
    const ink = INK.min + (INK.max - INK.min) * uniform(look, DRAW.ink);

    this.#deformation.draw(fold(key, KEYS.deformation));
    this.#raster.clear();
    for (const stroke of skeleton) {
      const bent = this.#scratch(stroke.length);
      this.#deformation.apply(stroke, bent);
      this.#raster.stroke(bent, radius);
    }
    this.#raster.cover(this.#coverage, radius);

    let inked = 0;
    let noise = 0;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const coverage = this.#coverage[pixel] as number;
      if (coverage === 0) continue;
      // One word of random bits serves four pixels.
      if (inked % 4 === 0) noise = bits(look, DRAW.noise + inked / 4);
      const level = (noise & 255) / 127.5 - 1;
      noise >>>= 8;
      inked++;
      images[offset + pixel] = Math.max(0, Math.min(255, Math.round(255 * ink * coverage + NOISE * level)));
    }
  }

  #scratch(length: number): Float64Array {
    return (this.#strokes[length] ??= new Float64Array(length));
  }
}
