import type { GraphBuilder, Shape, Value } from '@layerline/ops';
import { SQUARES } from './block-sums.js';
import { rowsRead } from './batch-shape.js';
import type { BatchShape } from './batch-shape.js';
import { productOfRows } from './linear/dense.js';
import { EPSILON } from './normalizations/normalization.js';
import { updateParameter } from './optimizers.js';
import type { Optimizer, StepInputs } from './optimizers.js';
import { blocksOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/**
 * A layer's own linear classifier: a softmax over logits z = h W, of h = a / √(Σ a² / U), the layer's activations at mean square
 * 1. It learns by Adam, with decoupled weight decay, on its own cross-entropy, or on that of
 * the sum with the layers before it; no gradient of it reaches another layer.
 */
export interface LinearReadout {
  readonly classes: number;
  /** Whether it learns on the sum of its own logits and those of the layers before it. */
  readonly cascades: boolean;
  /** Of the first steps; the layer's schedule changes it, too. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The share of a row's activations that it learns without, from 0 to below 1. */
  readonly dropout: number;
}

/** Its weights in the layer's state, [width, classes]. */
export const READOUT_WEIGHTS = 'readout.weights';
/** The sums of its logits: for each block of units those of all rows that it reads, [blocks × rows, classes]. */
export const LOGITS = 'logit';
/** What of a forward pass is kept for it until the layer learns, [rows, 1]: what brings a row to mean square 1. */
export const READOUT_SCALE = 'readoutScale';
/** Of its dropout, [rows, width]: 0, or what makes up for those that are 0. */
export const READOUT_MASK = 'readoutMask';

/** By which it learns. */
export function readoutOptimizer({ weightDecay }: LinearReadout): Optimizer {
  return { name: 'adam', weightDecay };
}

/** The matrices that its learning step reads besides those of its layer, by name. */
export function readoutInputShapes({ cascades, classes }: LinearReadout, rows: number): ReadonlyMap<string, Shape> {
  return new Map<string, Shape>([
    ['targets', [rows, classes]],
    ...(cascades ? [['logitsBefore', [rows, classes]] as const] : []),
  ]);
}

/**
 * Each block's part of the logits, before rows are scaled.
 * @param activations of the units of the range, [rows, width] of all rows of the batch
 * @param units of the whole layer
 * @returns for each block [rows that are read, classes]
 */
export function recordLogitParts(
  graph: GraphBuilder,
  readout: LinearReadout,
  activations: Value,
  batch: BatchShape,
  units: number,
  range: UnitRange,
  learns: boolean,
): Value[] {
  const width = activations.shape[1];
  const read = readOf(graph, batch, activations);
  const masked = learns && readout.dropout > 0 ? graph.mul(read, graph.input(READOUT_MASK, read.shape)) : read;
  const weights = graph.input(READOUT_WEIGHTS, [width, readout.classes]);
  const blocks = blocksOf(units, range);
  if (blocks.length === 1) return [graph.gemm(masked, weights)];
  return blocks.map(({ from, to }) => {
    const [first, end] = [from - range.from, to - range.from];
    return graph.gemm(graph.sliceColumns(masked, first, end), graph.sliceRows(weights, first, end));
  });
}

/** The parts of several blocks, one on top of the other: what shards exchange. */
export function stack(graph: GraphBuilder, parts: readonly Value[]): Value {
  return parts.reduce((above, part) => graph.concatRows(above, part));
}

/** What {@link stack} has put on top of each other. @param rows of each */
export function unstack(graph: GraphBuilder, stacked: Value, rows: number): Value[] {
  const count = stacked.shape[0] / rows;
  if (count === 1) return [stacked];
  return Array.from({ length: count }, (_, part) => graph.sliceRows(stacked, part * rows, (part + 1) * rows));
}

/**
 * Records the outputs `logits` [rows, classes] and, if the batch is learned from, {@link READOUT_SCALE}.
 * @param parts of all blocks, in the order of units @param squares Σ a² of all units, [rows of the batch, 1]
 */
export function recordLogits(
  graph: GraphBuilder,
  units: number,
  parts: readonly Value[],
  squares: Value,
  batch: BatchShape,
  learns: boolean,
): void {
  const meanSquare = graph.add(graph.scale(readOf(graph, batch, squares), 1 / units), graph.constant(EPSILON));
  const scale = graph.div(graph.sqrt(meanSquare), meanSquare);
  if (learns) graph.output(READOUT_SCALE, scale);
  const sum = parts.reduce((total, part) => graph.add(total, part));
  graph.output('logits', graph.mul(sum, scale));
}

/** What {@link recordReadoutStep} leaves to the layer that learns through its readout. */
export interface ReadoutStep {
  /** ∂loss/∂a, [rows that are read, width], of the mean cross-entropy of those rows. */
  readonly gradient: () => Value;
}

/**
 * Records the readout's step: the gradient of the mean cross-entropy of the rows that it reads, and Adam's update. Reads
 * `logits`, {@link readoutInputShapes}, {@link READOUT_SCALE}, {@link READOUT_MASK} for dropout, its weights and moments, and the
 * scalars `readoutRate`, `readoutDecay` and `readoutEpsilon`.
 * @param activations [rows of the batch, width]
 */
export function recordReadoutStep(
  graph: GraphBuilder,
  readout: LinearReadout,
  activations: Value,
  batch: BatchShape,
  units: number,
): ReadoutStep {
  const rows = rowsRead(batch);
  const { classes, dropout } = readout;
  const width = activations.shape[1];
  const logits = graph.input('logits', [rows, classes]);
  const given = new Map(
    Array.from(readoutInputShapes(readout, rows), ([name, shape]) => [name, graph.input(name, shape)]),
  );
  const before = given.get('logitsBefore');
  const probabilities = graph.softmax(before === undefined ? logits : graph.add(before, logits));
  const delta = graph.scale(graph.sub(probabilities, given.get('targets') as Value), 1 / rows);
  const scale = graph.input(READOUT_SCALE, [rows, 1]);
  const scaled = graph.mul(delta, scale);
  const read = readOf(graph, batch, activations);
  const mask = dropout > 0 ? graph.input(READOUT_MASK, [rows, width]) : undefined;
  const masked = mask === undefined ? read : graph.mul(read, mask);
  const weights = graph.input(READOUT_WEIGHTS, [width, classes]);
  const step: StepInputs = {
    rate: graph.input('readoutRate', [1, 1]),
    decay: graph.input('readoutDecay', [1, 1]),
    epsilon: graph.input('readoutEpsilon', [1, 1]),
  };
  const updated = { name: READOUT_WEIGHTS, shape: weights.shape, value: weights, decays: true };
  updateParameter(graph, readoutOptimizer(readout), updated, step, () =>
    graph.gemm(masked, scaled, { transposeA: true }),
  );
  return {
    // s (W δ) m − a s² / U Σ δ z: the second term is that of the scale s, which depends on all activations of the row.
    gradient: () => {
      const direct = productOfRows(graph, scaled, weights, { transposeB: true });
      const moved = graph.sumColumns(graph.mul(delta, logits));
      const ofScale = graph.scale(graph.mul(graph.mul(scale, scale), moved), 1 / units);
      return graph.sub(mask === undefined ? direct : graph.mul(direct, mask), graph.mul(read, ofScale));
    },
  };
}

/** The sum that the scale of rows needs. */
export const READOUT_SUM = SQUARES;

/** Of some value of each row of a batch, that of the rows that are read. */
function readOf(graph: GraphBuilder, { rows, readout }: BatchShape, value: Value): Value {
  if (readout === undefined || (readout.from === 0 && readout.to === rows)) return value;
  return graph.sliceRows(value, readout.from, readout.to);
}
