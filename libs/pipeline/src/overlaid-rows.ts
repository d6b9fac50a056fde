import { CLASSES, PIXELS, writeLabel } from '@layerline/datasets';
import type { RowLabel } from '@layerline/datasets';
import { normalizationFactor } from '@layerline/forward-forward';
import { BLOCKS } from '@layerline/plan';
import type { Block } from '@layerline/protocol';

/**
 * Rows as the first layer takes them: some images, and several copies of each, told apart by the label that is laid over
 * its first ten pixels. Row `copy` × `count` + `image` is that copy of that image.
 */
export class OverlaidRows {
  /** [count, 784], with zeros where the labels go. To be written whole before each {@link blocks}. */
  readonly images: Float32Array;
  /** [count × copies, 10] */
  readonly #overlay: Float32Array;

  constructor(
    readonly count: number,
    readonly copies: number,
  ) {
    this.images = new Float32Array(count * PIXELS);
    this.#overlay = new Float32Array(count * copies * CLASSES);
  }

  /** Lays a label over a copy of an image. All copies of an image need one of the same sum of squares. */
  label(image: number, copy: number, label: RowLabel): void {
    writeLabel(this.#overlay, (copy * this.count + image) * CLASSES, label);
  }

  /** The rows as blocks of a frame, each rescaled to mean square 1. To be called once for all that was written. */
  blocks(): Block[] {
    const { count, copies, images } = this;
    for (let image = 0; image < count; image++) {
      const factor = this.#factor(image);
      scale(images, image * PIXELS, PIXELS, factor);
      for (let copy = 0; copy < copies; copy++) {
        scale(this.#overlay, (copy * count + image) * CLASSES, CLASSES, factor);
      }
    }
    return [
      { name: BLOCKS.images, type: 'f32', shape: [count, PIXELS], data: images },
      { name: BLOCKS.overlay, type: 'f32', shape: [count * copies, CLASSES], data: this.#overlay },
    ];
  }

  /** What brings all copies of an image to mean square 1. */
  #factor(image: number): number {
    const sum = sumSquares(this.images, image * PIXELS, PIXELS) + sumSquares(this.#overlay, image * CLASSES, CLASSES);
    return normalizationFactor(sum, PIXELS);
  }
}

function sumSquares(data: Float32Array, offset: number, width: number): number {
  let sum = 0;
  for (let at = offset; at < offset + width; at++) sum += (data[at] as number) ** 2;
  return sum;
}

function scale(data: Float32Array, offset: number, width: number, factor: number): void {
  for (let at = offset; at < offset + width; at++) data[at] = (data[at] as number) * factor;
}
