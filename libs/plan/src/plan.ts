import { CLASSES, PIXELS } from '@layerline/datasets';
import { comparesPairs, GOODNESS_NAMES, MIN_BLOCK_UNITS, OBJECTIVE_NAMES } from '@layerline/forward-forward';
import type { LayerSpec, Objective } from '@layerline/forward-forward';
import { headerAllowance, MAX_FRAME_BYTES } from '@layerline/protocol';
import type { StageRole } from '@layerline/protocol';
import { MAX_BIN } from '@layerline/telemetry/log-scale';
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
  /** Images of the test set; left out by versions that did not count them. */
  testRows: size.optional(),
  evalEvery: count,
  /** Training batches of an epoch between observations, which its last batch is always followed by; 0 for none. */
  observeEvery: count,
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
  resolved: {
    readonly dataset: Plan['dataset'];
    readonly trainRows: number;
    readonly testRows: number;
    readonly engine: Plan['engine'];
  },
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
  const batchesPerEpoch = Math.floor(resolved.trainRows / batch);
  const plan: Plan = {
    ...{ batch, epochs, seed, evalEvery, snapshotEvery, negatives, classifyBy, learningRate },
    dataset: resolved.dataset,
    batchesPerEpoch,
    testRows: resolved.testRows,
    observeEvery: observeEvery(config.observeEvery, batchesPerEpoch),
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

/** Bins of a histogram of goodness: below zero, zero's, and above. */
export const OBSERVED_BINS = 2 * MAX_BIN + 1;
/** What a layer's sums consist of: see the observed blocks in `libs/pipeline`. */
export const SUMS_PER_KIND = 3;
export const SUMS_OF_PAIRS = 4;
export const SUMS_PER_UNIT_BLOCK = 4;
/** So many units of the first layer show their weights in a look. */
export const MAX_SHOWN_WEIGHTS = 64;
/** What `auto` stands for. */
const OBSERVATIONS_PER_EPOCH = 20;

/** Training batches between observations. @param wanted as in the config */
export function observeEvery(wanted: RunConfig['observeEvery'], batchesPerEpoch: number): number {
  return wanted === 'auto' ? Math.ceil(batchesPerEpoch / OBSERVATIONS_PER_EPOCH) : wanted;
}

/** Whether an observation follows the training batch after which `batches` of its epoch have passed. */
export function isObserved(batches: number, plan: Pick<Plan, 'observeEvery' | 'batchesPerEpoch'>): boolean {
  const { observeEvery: every, batchesPerEpoch } = plan;
  return every > 0 && (batches % every === 0 || batches === batchesPerEpoch);
}

/** The stages of a plan, from the head of the pipeline to its end. */
export function stagesOf(plan: Plan): StagePlan[] {
  const last = plan.layers.length - 1;
  return [
    {
      stage: 'feeder',
      role: 'feeder',
      program: undefined,
      maxFrameBytes: rowsFrameBytes(plan, 2, { perImage: PIXELS, perRow: CLASSES }),
    },
    ...plan.layers.map(({ units }, index) => {
      const trained = trainedLayers(plan).filter((place) => place <= index);
      // The last layer sends only goodness.
      const columns = trained.length + (index === last ? 0 : units);
      const observed = trained.map((place) => plan.layers[place]?.units ?? 0);
      return {
        stage: layerName(index),
        role: 'layer' as const,
        program: plan.programs?.[layerName(index)],
        maxFrameBytes: Math.max(
          rowsFrameBytes(plan, trained.length + 1, { perImage: 0, perRow: columns }),
          observationBytes(observed),
          lookFrameBytes(plan, index),
        ),
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

/** The most bytes of a frame of rows. @param blocks of fp32 @param numbers in them, for each image and each row */
function rowsFrameBytes(
  plan: Plan,
  blocks: number,
  { perImage, perRow }: { readonly perImage: number; readonly perRow: number },
): number {
  const bytes = (images: number, rows: number): number =>
    Float32Array.BYTES_PER_ELEMENT * (images * perImage + rows * perRow);
  // A wrong label is laid over the positive row's own image, whereas a hybrid is another image.
  const trained = bytes(plan.negatives === 'wrong' ? plan.batch : 2 * plan.batch, 2 * plan.batch);
  const images = imagesPerScoreFrame(plan);
  // The true labels and the pictures of test images go with them all the way.
  const scored = bytes(images, images * CLASSES) + images * (1 + PIXELS);
  return frameBytes(blocks + 2, Math.max(trained, scored));
}

/** Units of the first layer whose weights a look shows. */
export function shownWeights({ layers }: Pick<Plan, 'layers'>): number {
  return Math.min(MAX_SHOWN_WEIGHTS, layers[0]?.units ?? 0);
}

/** The bytes of a frame of `look` rows behind a layer. @param index from 0 */
function lookFrameBytes(plan: Plan, index: number): number {
  const trained = trainedLayers(plan).filter((place) => place <= index);
  const shown = trained.reduce((numbers, place) => numbers + CLASSES + (plan.layers[place]?.units ?? 0), 0);
  const passedOn = index === plan.layers.length - 1 ? 0 : CLASSES * (plan.layers[index]?.units ?? 0);
  const bytes = Float32Array.BYTES_PER_ELEMENT * (shown + passedOn) + Float64Array.BYTES_PER_ELEMENT;
  // Label and picture of the image, the weights and their scale, goodness and activations of each layer, rows for the next.
  return frameBytes(2 + 2 + 2 * trained.length + 1, bytes + 1 + PIXELS + shownWeights(plan) * PIXELS);
}

/** The most bytes of an `observe` barrier on which layers of these widths have put their sums. */
function observationBytes(widths: readonly number[]): number {
  const numbers = widths.map((units) => {
    const ofRows = 2 * (SUMS_PER_KIND + OBSERVED_BINS);
    return ofRows + SUMS_OF_PAIRS + SUMS_PER_UNIT_BLOCK * Math.ceil(units / MIN_BLOCK_UNITS);
  });
  const all = numbers.reduce((sum, each) => sum + each, 0);
  return frameBytes(3 * widths.length, Float64Array.BYTES_PER_ELEMENT * all);
}

function frameBytes(blocks: number, bytes: number): number {
  return headerAllowance(blocks) + bytes + 16 * (blocks + 1);
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
