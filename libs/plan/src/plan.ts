import { LABEL_PLACES, MAX_CLASSES } from '@layerline/datasets';
import type { DataSpec, DatasetReference, SplitSettings } from '@layerline/datasets';
import {
  ACTIVATIONS,
  GOODNESSES,
  NEGATIVES_NAMES,
  NORMALIZATIONS,
  OBJECTIVES,
  READOUT_NAMES,
  SCHEDULES,
} from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import * as z from 'zod';
import { RANKED_BY } from './config.js';
import { settingsSchema } from './module-parameters.js';

const count = z.number().int().nonnegative();
const size = z.number().int().positive();

/** What every row of a data set is. */
export const dataSpecSchema = z.strictObject({
  kind: z.enum(['images', 'table']),
  height: size,
  width: size,
  channels: size,
  classes: z.array(z.string()).min(2).max(MAX_CLASSES).readonly(),
  label: z.enum(LABEL_PLACES),
}) satisfies z.ZodType<DataSpec>;

const layerSpecSchema = z.strictObject({
  inputs: size,
  overlay: count,
  units: size,
  activation: settingsSchema(ACTIVATIONS),
  goodness: settingsSchema(GOODNESSES),
  normalization: settingsSchema(NORMALIZATIONS),
  objective: settingsSchema(OBJECTIVES),
  optimizer: z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('sgd'), momentum: z.number(), weightDecay: z.number() }),
    z.strictObject({ name: z.literal('adam'), weightDecay: z.number() }),
  ]),
  learningRate: z.number(),
  schedule: settingsSchema(SCHEDULES),
  dropout: z.number(),
  peerNormalization: z.number(),
  labels: size.optional(),
  readout: z
    .strictObject({
      classes: size,
      cascades: z.boolean(),
      learningRate: z.number(),
      weightDecay: z.number(),
      dropout: z.number(),
    })
    .optional(),
}) satisfies z.ZodType<LayerSpec>;

/** What a stage opens its data by. */
export const datasetReferenceSchema = z.union([
  z.strictObject({ name: z.enum(['mnist', 'fashion-mnist']), directory: z.string() }),
  z.strictObject({ name: z.literal('digits'), seed: count }),
  z.strictObject({
    name: z.string(),
    path: z.string(),
    read: z.strictObject({ labelColumn: z.string().optional(), header: z.boolean().optional() }),
    sha256: z.string(),
  }),
]) satisfies z.ZodType<DatasetReference>;

const dataSchema = z.strictObject({
  ...dataSpecSchema.shape,
  /** Of the content, whatever files it is in: the same on all nodes that have the data. */
  sha256: z.string(),
  /** The share of each class that is the test set, where the data has none. */
  testShare: z.number(),
  /** Rows of the training set that are held out, and reported apart. */
  validation: count,
  splitSeed: count,
}) satisfies z.ZodType<DataSpec & SplitSettings>;

/** What is done to rows before a label is put on them. */
const preparationSchema = z.strictObject({
  /** Whether the numbers of a table's column, or of a channel of pictures, are brought to a mean of 0 and a variance of 1. */
  standardize: z.boolean(),
  /** Training pictures are moved by up to so many pixels, in both directions. */
  shift: count,
  /** Whether half of the training pictures are mirrored, left to right. */
  flip: z.boolean(),
  /** The share of a training row's inputs that is left out. */
  dropout: z.number(),
});

/** Everything that stages need to know about a run: the config with all that it left open settled. Plain JSON. */
export const planSchema = z.strictObject({
  dataset: datasetReferenceSchema,
  /** What its rows are, and how they are divided up. */
  data: dataSchema,
  seed: count,
  epochs: count,
  /**
   * Pairs, or labelled rows, per batch. Rows that do not fill a last whole batch are left out of that epoch; each epoch
   * has its own order.
   */
  batch: size,
  batchesPerEpoch: size,
  /** Images of the test set; left out by versions that did not count them. */
  testRows: size.optional(),
  evalEvery: count,
  /** Training batches of an epoch between observations, which its last batch is always followed by; 0 for none. */
  observeEvery: count,
  /** Training batches between snapshots; 0 for none. */
  snapshotEvery: count,
  preparation: preparationSchema,
  negatives: z.enum(NEGATIVES_NAMES),
  /** Of hard negatives: what the classes of training rows are ranked by, and every how many epochs. */
  hard: z.strictObject({ by: z.enum(RANKED_BY), every: size }).optional(),
  /** Rows of the training set, where negatives are hard: all of them are ranked. */
  trainRows: size.optional(),
  /** Where the label of a row goes, if not to the first layer alone: `every` layer, or `none` before the readout. */
  labels: z.enum(['every', 'none']).optional(),
  /** What images are classified by, if not by goodness: the sum of the layers' own logits, or of those that cascade. */
  readout: z.enum(['softmax', 'cascade']).optional(),
  /** Whether readouts alone judge where goodness could, too. */
  onePass: z.boolean().optional(),
  /** The layers whose goodness or logits count: a rule, or their numbers from 1. */
  classifyBy: z.union([z.enum(READOUT_NAMES), z.array(size).min(1)]),
  layers: z.array(layerSpecSchema).min(1),
  /** Into how many shards each layer is cut; left out where none is. */
  shards: z.array(size).optional(),
  /** The `weightsSha256` of the model that the run has begun with; left out for one that began with weights of its own. */
  continues: z.string().optional(),
  /** Nodes' own programs, by the name of the layer that each stands in for. */
  programs: z.record(z.string(), z.string()).optional(),
  engine: z.strictObject({ backend: z.string(), threads: size, spinning: z.boolean(), concurrency: size }),
});
export type Plan = z.infer<typeof planSchema>;

/** What of a plan depends on no data and no machine: which stages there are, what they compute, and what they send. */
export type Network = Pick<
  Plan,
  'data' | 'batch' | 'negatives' | 'hard' | 'labels' | 'readout' | 'onePass' | 'layers' | 'shards' | 'programs'
>;
