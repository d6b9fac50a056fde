import * as z from 'zod';

const count = z.number().int().nonnegative();

/** A layer's goodness over some training rows. */
export const layerGoodness = z.strictObject({
  positive: z.number(),
  negative: z.number(),
  /** The share of pairs whose positive row has more goodness than its negative one, 0 … 1. */
  separation: z.number(),
});
export type LayerGoodness = z.infer<typeof layerGoodness>;

/** What the evaluator tells the coordinator. Errors are fractions of the test set. */
export const evaluatorReport = z.discriminatedUnion('type', [
  /** How far training is, by the clock, for a person to watch. */
  z.strictObject({ type: z.literal('progress'), epoch: count, images: count }),
  /** The batches since the last such report, or the epoch so far. */
  z.strictObject({
    type: z.literal('training'),
    scope: z.enum(['interval', 'epoch']),
    epoch: count,
    /** Batches of the epoch that have passed. */
    batch: count,
    /** Training images that have passed since the run began. */
    images: count,
    /** From the head of the pipeline on; null for a layer that a node's own program stands in for. */
    layers: z.array(layerGoodness.nullable()),
  }),
  z.strictObject({
    type: z.literal('evaluation'),
    epoch: count,
    testError: z.number(),
    /** As `layers` of training. */
    perLayerError: z.array(z.number().nullable()),
    /** Of the evaluation itself. */
    seconds: z.number(),
    /** Of the training before it, evaluations not counted. */
    trainSeconds: z.number(),
  }),
  /** Everything before the barrier of a snapshot has been reported. */
  z.strictObject({ type: z.literal('snapshot'), step: count }),
  /** The end of the stream. */
  z.strictObject({
    type: z.literal('end'),
    outcome: z.enum(['completed', 'stopped']),
    epochs: count,
    images: count,
    trainSeconds: z.number(),
    evalSeconds: z.number(),
  }),
]);
export type EvaluatorReport = z.infer<typeof evaluatorReport>;
