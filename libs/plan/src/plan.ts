import { CLASSES, PIXELS } from '@layerline/datasets';
import { comparesPairs, GOODNESS_NAMES, OBJECTIVE_NAMES } from '@layerline/forward-forward';
import type { LayerSpec, Objective } from '@layerline/forward-forward';
import { headerAllowance, MAX_FRAME_BYTES } from '@layerline/protocol';
import type { StageRole } from '@layerline/protocol';
import * as z from 'zod';
import type { RunConfig } from './config.js';
import { ConfigError } from './errors.js';

const count = z.number().int().nonnegative();
const size = z.number().int().positive();

const layerSpecSchema = z.strictObject({
  inputs: size,
  overlay: count,
  units: size,
  goodness: z.enum(GOODNESS_NAMES),
  objective: z.strictObject({ name: z.enum(OBJECTIVE_NAMES), alpha: z.number(), threshold: z.number() }),
  optimizer: z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('sgd'), momentum: z.number(), weightDecay: z.number() }),
    z.strictObject({ name: z.literal('adam'), weightDecay: z.number() }),
  ]),
  peerNormalization: z.number(),
}) satisfies z.ZodType<LayerSpec>;

const datasetReferenceSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.enum(['mnist', 'fashion-mnist']), directory: z.string() }),
  z.strictObject({ name: z.literal('digits'), seed: count }),
]);

/** Everything that stages need to know about a run: the config with all that it left open settled. Plain JSON. */
export const planSchema = z.strictObject({
  dataset: datasetReferenceSchema,
  seed: count,
  epochs: count,
  /** Pairs per batch. Rows that do not fill a last whole batch are left out of that epoch; each epoch has its own order. */
  batch: size,
  batchesPerEpoch: size,
  evalEvery: count,
  /** Training batches between snapshots; 0 for none. */
  snapshotEvery: count,
  negatives: z.enum(['wrong', 'hybrid']),
  classifyBy: z.enum(['all', 'all-but-first']),
  learningRate: z.number(),
  layers: z.array(layerSpecSchema).min(1),
  /** Nodes' own programs, by the name of the layer that each stands in for. */
  programs: z.record(z.string(), z.string()).optional(),
  engine: z.strictObject({ backend: z.string(), threads: size, spinning: z.boolean(), concurrency: size }),
});
export type Plan = z.infer<typeof planSchema>;

/** A stage of the plan. */
export interface StagePlan {
  readonly stage: string;
  readonly role: StageRole;
  /** The node's own program that the stage runs; undefined for Layerline's program. */
  readonly program: string | undefined;
  /** The largest frame that this stage sends on, in bytes; 0 for the last stage. */
  readonly maxFrameBytes: number;
}

/**
 * Works out a plan from a config.
 * @param resolved what the config leaves to be determined: the data and the engine
 * @throws ConfigError if the settings do not go together
 */
export function makePlan(
  config: RunConfig,
  resolved: { readonly dataset: Plan['dataset']; readonly trainRows: number; readonly engine: Plan['engine'] },
): Plan {
  const { batch, epochs, seed, evalEvery, snapshotEvery, negatives, classifyBy, learningRate } = config;
  if (batch > resolved.trainRows) {
    const { name } = resolved.dataset;
    throw new ConfigError(`batch: ${batch} is larger than the ${resolved.trainRows} training images of ${name}`);
  }
  if (negatives === 'hybrid' && comparesPairs(config.objective)) {
    throw new ConfigError(
      `objective: ${config.objective} compares each image with the same image under a wrong label, and a hybrid ` +
        'negative is a mixture of two images. Use --objective threshold with --negatives hybrid, or --negatives wrong',
    );
  }
  if (classifyBy === 'all-but-first' && config.layers.length === 1) {
    throw new ConfigError('classifyBy: all-but-first leaves nothing to classify by where there is one layer');
  }
  checkPrograms(config);
  const plan: Plan = {
    ...{ batch, epochs, seed, evalEvery, snapshotEvery, negatives, classifyBy, learningRate },
    dataset: resolved.dataset,
    batchesPerEpoch: Math.floor(resolved.trainRows / batch),
    layers: config.layers.map((_, index) => layerSpec(config, index)),
    ...(config.programs === undefined ? {} : { programs: config.programs }),
    engine: resolved.engine,
  };
  const tooLarge = stagesOf(plan).find(({ maxFrameBytes }) => maxFrameBytes > MAX_FRAME_BYTES);
  if (tooLarge !== undefined) {
    throw new ConfigError(
      `batch: ${batch} pairs make frames of ${tooLarge.maxFrameBytes} bytes behind ${tooLarge.stage}, ` +
        `and ${MAX_FRAME_BYTES} is the most. Take a smaller batch or narrower layers`,
    );
  }
  return plan;
}

/** The stages of a plan, from the head of the pipeline to its end. */
export function stagesOf(plan: Plan): StagePlan[] {
  const rows = rowsPerFrame(plan);
  const last = plan.layers.length - 1;
  return [
    {
      stage: 'feeder',
      role: 'feeder',
      program: undefined,
      maxFrameBytes: frameBytes(plan, 2, imagesPerFrame(plan) * PIXELS + rows * CLASSES),
    },
    ...plan.layers.map(({ units }, index) => {
      const goodness = trainedLayers(plan).filter((trained) => trained <= index).length;
      // The last layer sends only goodness.
      const columns = goodness + (index === last ? 0 : units);
      return {
        stage: layerName(index),
        role: 'layer' as const,
        program: plan.programs?.[layerName(index)],
        maxFrameBytes: frameBytes(plan, goodness + 1, rows * columns),
      };
    }),
    { stage: 'evaluator', role: 'evaluator', program: undefined, maxFrameBytes: 0 },
  ];
}

/** The name of a layer. @param index from 0 */
export function layerName(index: number): string {
  return `layer-${index + 1}`;
}

/** The indices, from 0, of the layers that learn: all but those that nodes' own programs stand in for. */
export function trainedLayers({ layers, programs = {} }: Pick<Plan, 'layers' | 'programs'>): number[] {
  return [...layers.keys()].filter((index) => !(layerName(index) in programs));
}

/** Images per frame of an evaluation, each with a row for every label: about as many rows as in a training batch. */
export function imagesPerScoreFrame(plan: Plan): number {
  return Math.max(1, Math.floor((2 * plan.batch) / CLASSES));
}

/** Where a stream is right after `step` training batches of the whole run have passed. */
export function positionAt(step: number, { batchesPerEpoch }: Pick<Plan, 'batchesPerEpoch'>): Position {
  const epoch = Math.max(1, Math.ceil(step / batchesPerEpoch));
  return { epoch, batches: step - (epoch - 1) * batchesPerEpoch };
}

/** A place in the stream of training batches. */
export interface Position {
  /** Counted from 1. */
  readonly epoch: number;
  /** Batches of the epoch that have passed; all of them at its end. */
  readonly batches: number;
}

/** The number of learning steps, that is training batches, in the whole run. */
export function totalSteps(plan: Plan): number {
  return plan.epochs * plan.batchesPerEpoch;
}

/** @throws ConfigError if a program is to stand in for anything but a layer between two others */
function checkPrograms({ programs = {}, layers, singleProcess }: RunConfig): void {
  const between = layers.map((_, index) => layerName(index)).slice(1, -1);
  for (const stage of Object.keys(programs)) {
    if (!between.includes(stage)) {
      const choice = between.length === 0 ? 'there is none here' : `here ${between.join(', ')}`;
      throw new ConfigError(
        `programs: a program can stand in for a layer between the first and the last (${choice}), and not for ${stage}`,
      );
    }
    if (singleProcess) {
      throw new ConfigError(`singleProcess: ${stage} is a program of its own: train without --single-process`);
    }
  }
}

function rowsPerFrame(plan: Plan): number {
  return Math.max(2 * plan.batch, imagesPerScoreFrame(plan) * CLASSES);
}

/** A wrong label is laid over the positive row's own image, whereas a hybrid is another image. */
function imagesPerFrame(plan: Plan): number {
  return Math.max(plan.negatives === 'wrong' ? plan.batch : 2 * plan.batch, imagesPerScoreFrame(plan));
}

/** The most bytes of a frame that has `blocks` blocks of fp32, `numbers` numbers in all, and a block of true labels. */
function frameBytes(plan: Plan, blocks: number, numbers: number): number {
  const padding = 16 * (blocks + 1);
  return headerAllowance(blocks + 1) + 4 * numbers + imagesPerScoreFrame(plan) + padding;
}

/** What a layer of a config computes. @param index from 0 */
export function layerSpec(config: RunConfig, index: number): LayerSpec {
  const { goodness, optimizer, momentum, weightDecay, peerNormalization } = config;
  const units = config.layers[index] as number;
  return {
    inputs: config.layers[index - 1] ?? PIXELS,
    overlay: index === 0 ? CLASSES : 0,
    units,
    goodness,
    objective: objectiveFor(config, units),
    optimizer: optimizer === 'sgd' ? { name: optimizer, momentum, weightDecay } : { name: optimizer, weightDecay },
    peerNormalization,
  };
}

function objectiveFor({ objective, alpha, threshold, goodness }: RunConfig, units: number): Objective {
  const perUnit = { mean: 1, sum: units, 'negative-sum': -units }[goodness];
  return { name: objective, alpha, threshold: threshold * perUnit };
}
