import * as z from 'zod';

const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();
/** A share, 0 … 1. */
const fraction = z.number().min(0).max(1);

/** A layer's goodness over some training rows. */
export const layerGoodness = z.strictObject({
  positive: z.number(),
  negative: z.number(),
  /** The share of pairs whose positive row has more goodness than its negative one. */
  separation: fraction,
});
export type LayerGoodness = z.infer<typeof layerGoodness>;

/** How far training has got, sent at intervals of time for a person to watch. */
export const progressReport = z.strictObject({
  type: z.literal('progress'),
  epoch: count,
  /** Training images since the run began. */
  images: count,
  /** Of training so far, not counting evaluations: with `images`, enough for a reader to work out a rate. */
  trainSeconds: seconds,
});

/** The goodness of the batches since the last such report, or of the epoch so far. */
export const trainingReport = z.strictObject({
  type: z.literal('training'),
  scope: z.enum(['interval', 'epoch']),
  epoch: count,
  /** Batches of the epoch that have passed. */
  batch: count,
  images: count,
  trainSeconds: seconds,
  /** In the order of the pipeline; null for a layer that a node's own program stands in for. */
  layers: z.array(layerGoodness.nullable()),
});

/** What the network got wrong on the test set. Errors are fractions of it. */
export const evaluationReport = z.strictObject({
  type: z.literal('evaluation'),
  epoch: count,
  testError: fraction,
  /** In the same order as `layers` of a training report. */
  perLayerError: z.array(fraction.nullable()),
  /** Of the evaluation itself. */
  seconds,
  trainSeconds: seconds,
});

/** Everything before a snapshot's barrier has been reported. */
export const snapshotReport = z.strictObject({ type: z.literal('snapshot'), step: count });

/** The end of the stream. */
export const endReport = z.strictObject({
  type: z.literal('end'),
  outcome: z.enum(['completed', 'stopped']),
  epochs: count,
  images: count,
  trainSeconds: seconds,
  evalSeconds: seconds,
});

/** What the evaluator, the only stage that reports, tells the coordinator. Each becomes an event of the run unchanged. */
export const evaluatorReport = z.discriminatedUnion('type', [
  progressReport,
  trainingReport,
  evaluationReport,
  snapshotReport,
  endReport,
]);
export type EvaluatorReport = z.infer<typeof evaluatorReport>;
export type EvaluationReport = z.infer<typeof evaluationReport>;
export type EndReport = z.infer<typeof endReport>;
