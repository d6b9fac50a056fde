import { inputShapes } from '@layerline/forward-forward';
import type { BatchShape, LayerSpec } from '@layerline/forward-forward';
import { layerName } from '@layerline/plan';
import { findBlock, ProtocolError } from '@layerline/protocol';
import type { Rows } from '@layerline/protocol';

/** The block with the rows of a layer as the next one takes them. */
export const ACTIVATIONS = 'activations';
/** The blocks that a layer takes its input from, by the names of its graphs' inputs. */
const BLOCK_OF_INPUT: Readonly<Record<string, string>> = { input: ACTIVATIONS, images: 'images', overlay: 'overlay' };
export const INPUT_BLOCKS: ReadonlySet<string> = new Set(Object.values(BLOCK_OF_INPUT));

/** The block that an input of a layer's graphs is taken from. @param name as of {@link inputShapes} */
export function blockOf(name: string): string {
  return BLOCK_OF_INPUT[name] ?? name;
}

/** Name of the block that carries the goodness of one layer, by the layer's place counted from 0. */
export function goodnessBlock(index: number): string {
  return `goodness/${layerName(index)}`;
}

/** Rows of a frame as a layer takes them. */
export interface LayerBatch {
  readonly batch: BatchShape;
  /** By the names of {@link inputShapes}. */
  readonly input: Readonly<Record<string, Float32Array>>;
}

/**
 * Finds a layer's input in a frame.
 * @param producer who sent it, for messages
 * @throws ProtocolError where a block is missing or does not fit the layer and the frame's rows
 */
export function readBatch(rows: Rows, spec: LayerSpec, producer: string): LayerBatch {
  const count = rows.positive + rows.negative + rows.neutral;
  const images = spec.overlay === 0 ? count : (findBlock(rows, 'images', 'f32')?.shape[0] ?? 0);
  if (images === 0 || count % images !== 0) {
    throw new ProtocolError(`${producer} sent ${count} rows of ${images} images, where rows are copies of images`);
  }
  const batch = { rows: count, images };
  const input = Array.from(inputShapes(spec, batch), ([name, shape]) => {
    const block = findBlock(rows, blockOf(name), 'f32');
    if (block?.shape[0] !== shape[0] || block.shape[1] !== shape[1]) {
      const got = block?.shape.join(' × ') ?? 'no';
      throw new ProtocolError(`${producer} sent ${got} ${blockOf(name)}, where ${shape.join(' × ')} were due`);
    }
    return [name, block.data] as const;
  });
  return { batch, input: Object.fromEntries(input) };
}
