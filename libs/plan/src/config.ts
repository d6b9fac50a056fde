import { LABEL_PLACES } from '@layerline/datasets';
import {
  ACTIVATION_NAMES,
  GOODNESS_NAMES,
  NEGATIVES_NAMES,
  NORMALIZATION_NAMES,
  OBJECTIVE_NAMES,
  OPTIMIZER_NAMES,
  READOUT_NAMES,
  SCHEDULE_NAMES,
} from '@layerline/forward-forward';
import * as z from 'zod';
import { parameterShape } from './module-parameters.js';

/** The widest layer that is accepted. Beyond this, the weights of a single layer take tens of GB. */
export const MAX_UNITS = 65_536;
export const MAX_LAYERS = 64;
/** Of one layer; its width allows fewer. */
export const MAX_SHARDS = 1024;
const MAX_THREADS = 256;
const MAX_SHIFT = 64;
const MAX_PORT = 65_535;
const MAX_GROUP_LENGTH = 100;

/** What hard negatives can be drawn from. */
export const RANKED_BY = ['goodness', 'readout'] as const;

const positive = z.number().positive();
const atLeastZero = z.number().nonnegative();
const share = z.number().min(0).lt(1);
/** File systems know neither NUL nor half a surrogate pair: the one is refused, the other becomes part of another name. */
const path = z
  .string()
  .min(1)
  .refine((text) => !/[\0\p{Surrogate}]/u.test(text), 'has to be a path that can be the name of a file');

/** How a layer learns: settings of the run that a layer may have in another way. */
const learningShape = {
  objective: z.enum(OBJECTIVE_NAMES),
  goodness: z.enum(GOODNESS_NAMES),
  activation: z.enum(ACTIVATION_NAMES),
  /** Of the rows that a layer sends on. */
  normalization: z.enum(NORMALIZATION_NAMES),
  /** Of the objective, the goodness and the activation. Those that are left out have a default that goes with the others. */
  ...parameterShape(),
  optimizer: z.enum(OPTIMIZER_NAMES),
  /** η of the first steps. */
  learningRate: positive,
  /** How it changes in the course of training. */
  schedule: z.enum(SCHEDULE_NAMES),
  /** μ of `sgd`. */
  momentum: z.number().min(0).lt(1),
  weightDecay: atLeastZero,
  /** The share of a layer's units that a pair of rows learns without. */
  dropout: share,
  peerNormalization: atLeastZero,
} as const;

const layerSettingsSchema = z.strictObject(learningShape).partial();
/** What a layer has in another way than the run. */
export type LayerSettings = z.infer<typeof layerSettingsSchema>;
export const LAYER_SETTINGS_KEYS = Object.keys(learningShape) as (keyof LayerSettings)[];

/**
 * All settings of a training run. Keys are the names of the command's options in camel case; the command's
 * `train-options.ts` describes each for users.
 */
export const runConfigSchema = z.strictObject({
  /** `auto`, the name of a data set that is known, or the path of a file or folder. */
  dataset: path,
  /** Folder with MNIST or Fashion-MNIST; undefined for the cache in the user's data directory, or a download. */
  dataDir: path.optional(),
  /** Of a table: the name or the number of the column with the labels. */
  labelColumn: z.string().min(1).optional(),
  /** Of a table: whether its first line has the names of the columns; undefined for what it looks like. */
  header: z.boolean().optional(),
  /** Where labels go; `auto` for where the data set has room for them. */
  label: z.enum(['auto', ...LABEL_PLACES]),
  /** The share of each class that becomes the test set of data that has none. */
  testShare: z.number().gt(0).lt(1),
  /** Training rows that are held out, and reported apart, to choose settings by. */
  validation: z.number().int().min(0),
  /** Of the draws that divide data up. Not that of the run, so that runs with several seeds have the same test set. */
  splitSeed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Bring columns of a table, or channels of pictures, to a mean of 0 and a variance of 1. */
  standardize: z.boolean(),
  /** Pixels by which training pictures are moved at most, in both directions. */
  shift: z.number().int().min(0).max(MAX_SHIFT),
  /** Mirror half of the training pictures, left to right. */
  flip: z.boolean(),
  /** The share of a training row's inputs that is left out. */
  inputDropout: share,
  /** Width of each layer, starting at the input. */
  layers: z.array(z.number().int().min(1).max(MAX_UNITS)).min(1).max(MAX_LAYERS),
  /**
   * Shards of each layer, or one number for every layer; `auto` for those that balance the pipeline on the machines that are
   * there; undefined for no more than one each.
   */
  shards: z
    .union([z.literal('auto'), z.array(z.number().int().min(1).max(MAX_SHARDS)).min(1).max(MAX_LAYERS)], {
      error: `has to be auto or whole numbers from 1 to ${MAX_SHARDS}, one for each layer or one for all`,
    })
    .optional(),
  epochs: z.number().int().min(1).max(1_000_000),
  /** Pairs of a positive and a negative row, or labelled rows, per batch. */
  batch: z.number().int().min(1),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  negatives: z.enum(NEGATIVES_NAMES),
  ...learningShape,
  /** What each layer has in another way: as many as there are layers, each with the settings that differ. */
  perLayer: z.array(layerSettingsSchema).max(MAX_LAYERS).optional(),
  /** Of hard negatives: what classes are ranked by, and every how many epochs. */
  hardBy: z.enum(RANKED_BY),
  hardEvery: z.number().int().min(1),
  /** Where the label of a row goes: to the first layer, to every layer, or to none before the readout. */
  labels: z.enum(['first', 'every', 'none']),
  /** What images are classified by; `auto` for goodness, or softmax where no label is among the inputs. */
  readout: z.enum(['auto', 'goodness', 'softmax', 'cascade']),
  /** η of the readouts' first steps, their weight decay, and the share of activations that they learn without. */
  readoutRate: positive,
  readoutDecay: atLeastZero,
  readoutDropout: share,
  /** Judge by readouts alone, with one row an image instead of one for each label. */
  onePass: z.boolean(),
  /** The layers whose goodness, or logits, are summed to classify: a rule, or their numbers from 1. */
  classifyBy: z.union([z.enum(READOUT_NAMES), z.array(z.number().int().min(1)).min(1)], {
    error: `has to be ${READOUT_NAMES.join(', ')} or numbers of layers, from 1`,
  }),
  engine: z.enum(['auto', 'onnx', 'tfjs']),
  /** Threads per operation in each stage; `auto` divides up the cores. */
  threads: z.union([z.literal('auto'), z.number().int().min(1).max(MAX_THREADS)]),
  /** Evaluate every this many epochs, and always at the end; 0 for only at the end. */
  evalEvery: z.number().int().min(0),
  /** Batches between observations of the layers; `auto` for twenty an epoch, 0 for none. */
  observeEvery: z.union([z.literal('auto'), z.number().int().min(0)]),
  /** Batches between snapshots, from which a run goes on after a failure; 0 for none. */
  snapshotEvery: z.number().int().min(0),
  /** Folder for the snapshots of runs, such as one shared by several machines; undefined for the run's own folder. */
  snapshotDir: path.optional(),
  /** Names of nodes by stage, for stages placed by hand. */
  placement: z
    .record(z.string(), z.string().min(1), {
      error: 'has to be stages, each once, and their nodes, such as layer-1=box,layer-2=desk',
    })
    .optional(),
  /** Names of nodes' own programs, by the layer that each stands in for. */
  programs: z
    .record(z.string(), z.string().min(1).max(100), {
      error: 'has to be layers, each once, and their programs, such as layer-1=mine,layer-2=other',
    })
    .optional(),
  /** Let machines that compute different bits take part, or go on with the run, which is then marked as inexact. */
  allowDifferentNumbers: z.boolean(),
  /** A name that runs share which belong together, such as those of a sweep. */
  group: z.string().trim().min(1).max(MAX_GROUP_LENGTH).optional(),
  singleProcess: z.boolean(),
  /** Port of the coordinator; 0 for any free one. */
  port: z.number().int().min(0).max(MAX_PORT),
  /** Folder in which each run gets its own. */
  out: path,
});

export type RunConfig = z.infer<typeof runConfigSchema>;
/** What a user has set, in one or several places. */
export type PartialRunConfig = Partial<RunConfig>;

export const CONFIG_KEYS = Object.keys(runConfigSchema.shape) as (keyof RunConfig)[];
