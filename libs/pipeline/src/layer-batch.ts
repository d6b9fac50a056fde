import { inputShapes } from '@layerline/forward-forward';
import type { BatchShape, LayerSpec } from '@layerline/forward-forward';
import { BLOCKS } from '@layerline/plan';
import { rowCount } from '@layerline/protocol';
import type { Rows } from '@layerline/protocol';
import type { DataOf } from './planned-blocks.js';

/** The blocks that a layer takes its input from, by the names of its graphs' inputs. */
const BLOCK_OF_INPUT: Readonly<Record<string, string>> = {
  input: BLOCKS.activations,
  images: BLOCKS.images,
  overlay: BLOCKS.overlay,
};
export const INPUT_BLOCKS: ReadonlySet<string> = new Set(Object.values(BLOCK_OF_INPUT));

/** The block that an input of a layer's graphs is taken from. @param name as of {@link inputShapes} */
export function blockOf(name: string): string {
  return BLOCK_OF_INPUT[name] ?? name;
}

/** Rows of a frame as a layer takes them. */
export interface LayerBatch {
  readonly batch: BatchShape;
  /** By the names of {@link inputShapes}. */
  readonly input: Readonly<Record<string, Float32Array>>;
}

/** A layer's input. @param dataOf the blocks of the rows */
export function batchOf(rows: Rows, spec: LayerSpec, dataOf: DataOf): LayerBatch {
  const count = rowCount(rows);
  const images = spec.overlay === 0 ? count : dataOf(BLOCKS.images, 'f32').length / spec.inputs;
  const batch = { rows: count, images };
  const names = [...inputShapes(spec, batch).keys()];
  return { batch, input: Object.fromEntries(names.map((name) => [name, dataOf(blockOf(name), 'f32')])) };
}
