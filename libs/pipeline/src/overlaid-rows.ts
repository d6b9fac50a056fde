import type { RowLabel, RowWriter } from '@layerline/datasets';
import { normalizationFactor } from '@layerline/forward-forward';
import { BLOCKS } from '@layerline/plan';
import type { Block } from '@layerline/protocol';

/**
 * Rows as the first layer takes them: some images, and several copies of each, told apart by the label in
 * their first inputs. Row `copy` × `count` + `image` is that copy of that image.
 */
export class OverlaidRows {
  /** [count, inputs], with zeros where the labels go. To be written whole before each {@link blocks}. */
  readonly images: Float32Array;
  /** [count × copies, classes] */
  readonly #overlay: Float32Array;

  constructor(
    readonly count: number,
    readonly copies: number,
    readonly writer: RowWriter,
    /** The sum of squares that a label is taken to have, see `labelSquares` of the plan. */
    readonly labelSquares: number,
  ) {
    this.images = new Float32Array(count * writer.inputs);
    this.#overlay = new Float32Array(count * copies * writer.classes);
  }

  /** Lays a label over a copy of an image. */
  label(image: number, copy: number, label: RowLabel): void {
    const { writer } = this;
    writer.label(this.#overlay, (copy * this.count + image) * writer.classes, label);
  }

  /**
   * The rows as blocks of a frame, each rescaled by what brings its image with a label to mean square 1. To be called once for all
   * that was written.
   */
  blocks(): Block[] {
    const { count, copies, images } = this;
    const { inputs, classes } = this.writer;
    for (let image = 0; image < count; image++) {
      const factor = this.#factor(image);
      scale(images, image * inputs, inputs, factor);
      for (let copy = 0; copy < copies; copy++) {
        scale(this.#overlay, (copy * count + image) * classes, classes, factor);
      }
    }
    return [
      { name: BLOCKS.images, type: 'f32', shape: [count, inputs], data: images },
      { name: BLOCKS.overlay, type: 'f32', shape: [count * copies, classes], data: this.#overlay },
    ];
  }

  /** What brings an image with a label to mean square 1. */
  #factor(image: number): number {
    const { inputs } = this.writer;
    return normalizationFactor(sumSquares(this.images, image * inputs, inputs) + this.labelSquares, inputs);
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
