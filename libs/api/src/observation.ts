import * as z from 'zod';
import { MAX_BIN } from './log-scale.js';

const count = z.number().int().nonnegative();
const norm = z.number().nonnegative();
/** A share, 0 … 1. */
const fraction = z.number().min(0).max(1);

/** Counts of consecutive bins of the scale in `log-scale.ts`. */
const histogram = z.strictObject({
  first: z.number().int().min(-MAX_BIN).max(MAX_BIN),
  counts: z.array(count).max(2 * MAX_BIN + 1),
});

/** A layer's goodness over training rows of one kind. */
export const goodnessSummary = z.strictObject({
  count,
  mean: z.number(),
  /** Standard deviation. */
  deviation: norm,
  /** Those below which 10, 20, … 90 % of the rows lie, read from the histogram: to within 9 % of their value. */
  deciles: z.array(z.number()).length(9),
  histogram,
});
export type GoodnessSummary = z.infer<typeof goodnessSummary>;

/** How a layer has learned from the training rows since the last observation. */
export const layerObservation = z.strictObject({
  positive: goodnessSummary,
  negative: goodnessSummary,
  /** Share of pairs whose positive row has more goodness than its negative one. */
  separation: fraction,
  /** How often a negative row has more goodness than a positive row of any other pair: 1 − area under the ROC curve. */
  pairwiseError: fraction,
  /** Mean of the objective over the pairs, before each batch's update. */
  loss: z.number(),
  /** Share of units that were silent (0) for all rows of the last ten batches. */
  silentUnits: fraction,
  /** Euclidean norm of the weights after the last update. */
  weightNorm: norm,
  /** Of what the last update changed in the weights. */
  updateNorm: norm,
  /** Of the last update. */
  learningRate: norm,
});
export type LayerObservation = z.infer<typeof layerObservation>;
