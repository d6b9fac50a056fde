import * as z from 'zod';
import { layerObservation } from './observation.js';

const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();
/** A share, 0 … 1. */
const fraction = z.number().min(0).max(1);

/** How many wrong images an evaluation shows at most. */
export const MAX_WORST = 24;

/** A layer's goodness over some training rows. */
export const layerGoodness = z.strictObject({
  positive: z.number(),
  negative: z.number(),
  /** The share of pairs whose positive row has more goodness than its negative one. */
  separation: fraction,
});
export type LayerGoodness = z.infer<typeof layerGoodness>;

/** How far training has got. */
export const trainingPosition = {
  /** Counted from 1; 0 before training has begun. */
  epoch: count,
  /** Training images since the run began. */
  images: count,
  /** Of training so far, not counting evaluations: with `images`, enough for a reader to work out a rate. */
  trainSeconds: seconds,
};

/** How far training has got, sent at intervals of time for a person to watch. */
export const progressReport = z.strictObject({ type: z.literal('progress'), ...trainingPosition });

/** The goodness of the batches since the last such report, or of the epoch so far. */
export const trainingReport = z.strictObject({
  type: z.literal('training'),
  scope: z.enum(['interval', 'epoch']),
  ...trainingPosition,
  /** Batches of the epoch that have passed. */
  batch: count,
  /** In the order of the pipeline; null for a layer that a node's own program stands in for. */
  layers: z.array(layerGoodness.nullable()),
});
export type TrainingReport = z.infer<typeof trainingReport>;

/** How each layer has learned since the last observation, read at an `observe` barrier. */
export const observationReport = z.strictObject({
  type: z.literal('observation'),
  /** Training batches of the run before it. */
  step: count,
  epoch: count,
  trainSeconds: seconds,
  /** As in a training report. */
  layers: z.array(layerObservation.nullable()),
});
export type ObservationReport = z.infer<typeof observationReport>;

/** Pixels of a picture that are shown, as a grey value each, row by row: base64 of `width` × `height` bytes. */
export const picture = z.strictObject({ width: count, height: count, pixels: z.base64() });
export type Picture = z.infer<typeof picture>;

/** A test image that the network got wrong. */
export const wrongImage = z.strictObject({
  /** In the test set. */
  index: count,
  label: count,
  predicted: count,
  /**
   * By how much the goodness under `predicted` exceeds that under `label`, or the logit of its class, over all layers
   * that classify.
   */
  margin: z.number().nonnegative(),
  picture,
});
export type WrongImage = z.infer<typeof wrongImage>;

/** What the network got wrong on the test set. Errors are fractions of it. */
export const evaluationReport = z.strictObject({
  type: z.literal('evaluation'),
  epoch: trainingPosition.epoch,
  trainSeconds: trainingPosition.trainSeconds,
  /** Training batches of the run before it; left out by versions that evaluated only at the end of epochs. */
  step: count.optional(),
  testError: fraction,
  /** In the same order as `layers` of a training report. */
  perLayerError: z.array(fraction.nullable()),
  /** Of the rows that are held out of the training set, where there are any. */
  validationError: fraction.optional(),
  perLayerValidationError: z.array(fraction.nullable()).optional(),
  /** By goodness, where readouts judge and goodness can, too. */
  byGoodness: z.strictObject({ testError: fraction, perLayerError: z.array(fraction.nullable()) }).optional(),
  /** Of the evaluation itself. */
  seconds,
  /** Test images by true label (rows) and by what the network took them for (columns). */
  confusion: z.array(z.array(count)).optional(),
  /** Those of the greatest margin, greatest first. */
  worst: z.array(wrongImage).max(MAX_WORST).optional(),
});

/** Everything before a snapshot's barrier has been reported. */
export const snapshotReport = z.strictObject({ type: z.literal('snapshot'), step: count });

/** A look that was asked for has been taken, and is kept. */
export const lookedReport = z.strictObject({
  type: z.literal('looked'),
  /** The number that the coordinator has given it. */
  look: count,
  /** In the test set. */
  image: count,
  /** Training batches of the run before it. */
  step: count,
  /** A sentence, if it could not be kept. */
  failure: z.string().max(4000).optional(),
});
export type LookedReport = z.infer<typeof lookedReport>;

/** The end of the stream. */
export const endReport = z.strictObject({
  type: z.literal('end'),
  outcome: z.enum(['completed', 'stopped']),
  /** Completed ones. */
  epochs: count,
  images: trainingPosition.images,
  trainSeconds: trainingPosition.trainSeconds,
  evalSeconds: seconds,
});

/** What the evaluator, the only stage that reports, tells the coordinator. Each becomes an event of the run unchanged. */
export const evaluatorReport = z.discriminatedUnion('type', [
  progressReport,
  trainingReport,
  observationReport,
  evaluationReport,
  snapshotReport,
  lookedReport,
  endReport,
]);
export type EvaluatorReport = z.infer<typeof evaluatorReport>;
export type EvaluationReport = z.infer<typeof evaluationReport>;
export type EndReport = z.infer<typeof endReport>;
