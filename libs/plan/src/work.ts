import { widthOf } from '@layerline/forward-forward';
import { rowCount } from '@layerline/protocol';
import { trainingImages } from './blocks.js';
import type { Network, Plan } from './plan.js';
import { scoredCopies, trainingHead } from './rows.js';
import { SAMPLE_LAYER } from './sample-layer.js';
import type { StagePlan } from './topology.js';

/**
 * Nominal work of the feeder and of the evaluator for a row, in multiply-adds: about what the feeder takes for one, some
 * 2.5 µs of a core (docs/performance.md).
 */
const END_WORK = 50_000;
/** Rows are multiplied with weights twice in a learning step: forward, and for the gradient. */
const PRODUCTS = 2;

/**
 * What a stage computes for a training batch, in multiply-adds of its matrix products. The first layer multiplies an image
 * once for all rows that show it. Left out is what does not go with rows × weights: the optimizer's update, activations,
 * sums, frames.
 */
export function workOf(network: Network, { layer, range }: Pick<StagePlan, 'layer' | 'range'>): number {
  const rows = rowCount(trainingHead(network));
  const spec = layer === undefined ? undefined : network.layers[layer];
  if (spec === undefined || range === undefined) return END_WORK * rows;
  const { inputs, overlay } = spec;
  const numbers = overlay === 0 ? rows * inputs : trainingImages(network) * inputs + rows * overlay;
  return PRODUCTS * widthOf(range) * numbers;
}

/**
 * How much an evaluation computes, in epochs of training: each row that is judged passes all layers under every label
 * that is scored, though
 * the first one multiplies it once for all of them.
 */
export function evaluationShare(plan: Plan): number {
  const { batchesPerEpoch, testRows = 0, data } = plan;
  const images = testRows + data.validation;
  const rows = images * scoredCopies(plan);
  const judged = plan.layers.reduce((sum, { inputs, overlay, units }) => {
    return sum + units * (overlay === 0 ? rows * inputs : images * inputs + rows * overlay);
  }, 0);
  const trained = plan.layers.reduce((sum, { units }, layer) => {
    return sum + workOf(plan, { layer, range: { from: 0, to: units } });
  }, 0);
  return judged / (trained * batchesPerEpoch);
}

/** The same of a learning step of the sample layer. */
export const SAMPLE_WORK = PRODUCTS * SAMPLE_LAYER.units * SAMPLE_LAYER.units * SAMPLE_LAYER.rows;
