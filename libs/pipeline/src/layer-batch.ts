import { inputShapes } from '@layerline/forward-forward';
import type { BatchShape, LayerSpec } from '@layerline/forward-forward';
import { batchShape, BLOCKS } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Rows } from '@layerline/protocol';
import { copyColumns } from './copy-columns.js';
import type { DataOf } from './planned-blocks.js';

/** The blocks that a layer takes its input from, by the names of its graphs' inputs. */
const BLOCK_OF_INPUT: Readonly<Record<string, string>> = {
  input: BLOCKS.activations,
  images: BLOCKS.images,
  overlay: BLOCKS.overlay,
};

/** The blocks that end with the layer that reads them. @param plan whose layers may all read labels */
export function inputBlocks({ labels }: Pick<Plan, 'labels'>): ReadonlySet<string> {
  const blocks = Object.values(BLOCK_OF_INPUT);
  return new Set(labels === 'every' ? blocks.filter((block) => block !== BLOCKS.overlay) : blocks);
}

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

/** A layer's input. @param index of the layer, from 0 @param dataOf the blocks of the rows */
export function batchOf(plan: Plan, index: number, rows: Rows, dataOf: DataOf): LayerBatch {
  const spec = plan.layers[index] as LayerSpec;
  const batch = batchShape(plan, index, rows);
  const names = [...inputShapes(spec, batch).keys()];
  const input = Object.fromEntries(names.map((name) => [name, dataOf(blockOf(name), 'f32')]));
  const { labels = 0, inputs } = spec;
  if (labels === 0) return { batch, input };
  return { batch, input: { input: withLabels(dataOf, batch.rows, inputs, labels) } };
}

/** Rows of the layer before with their labels behind them, as the first layer gets these. */
function withLabels(dataOf: DataOf, rows: number, inputs: number, labels: number): Float32Array {
  const input = new Float32Array(rows * inputs);
  copyColumns(dataOf(BLOCKS.activations, 'f32'), rows, input, inputs, 0);
  copyColumns(dataOf(BLOCKS.overlay, 'f32'), rows, input, inputs, inputs - labels);
  return input;
}
