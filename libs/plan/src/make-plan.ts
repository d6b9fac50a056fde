import { CLASSES, PIXELS } from '@layerline/datasets';
import { comparesPairs } from '@layerline/forward-forward';
import type { LayerSpec, Objective } from '@layerline/forward-forward';
import { MAX_FRAME_BYTES } from '@layerline/protocol';
import type { RunConfig } from './config.js';
import { ConfigError } from './errors.js';
import { settleShards } from './layer-shards.js';
import { layerName } from './layers.js';
import type { Network, Plan } from './plan.js';
import { observeEvery } from './schedule.js';
import { linksOf } from './topology.js';

/**
 * Works out a plan from a config.
 * @param resolved what the config leaves to be determined: the data and the engine
 * @throws ConfigError if the settings do not go together, or with the data
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
  const network = networkOf(config);
  const { batch, epochs, seed, evalEvery, snapshotEvery, classifyBy, learningRate } = config;
  if (batch > resolved.trainRows) {
    const { name } = resolved.dataset;
    throw new ConfigError(`batch: ${batch} is larger than the ${resolved.trainRows} training images of ${name}`);
  }
  const batchesPerEpoch = Math.floor(resolved.trainRows / batch);
  const plan: Plan = {
    ...network,
    ...{ epochs, seed, evalEvery, snapshotEvery, classifyBy, learningRate },
    dataset: resolved.dataset,
    batchesPerEpoch,
    testRows: resolved.testRows,
    observeEvery: observeEvery(config.observeEvery, batchesPerEpoch),
    engine: resolved.engine,
  };
  const tooLarge = linksOf(plan).find(({ maxFrameBytes }) => maxFrameBytes > MAX_FRAME_BYTES);
  if (tooLarge !== undefined) {
    throw new ConfigError(
      `batch: ${batch} pairs make frames of ${tooLarge.maxFrameBytes} bytes behind ${tooLarge.from}, ` +
        `and ${MAX_FRAME_BYTES} is the most. Take a smaller batch or narrower layers`,
    );
  }
  return plan;
}

/**
 * The network that a config describes. Shards that it leaves to be settled are none.
 * @throws ConfigError if the settings do not go together
 */
export function networkOf(config: RunConfig): Network {
  const shards = settleShards(config);
  const { batch, negatives, classifyBy, programs } = config;
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
  return {
    ...{ batch, negatives },
    layers: config.layers.map((_, index) => layerSpec(config, index)),
    ...(shards === undefined ? {} : { shards }),
    ...(programs === undefined ? {} : { programs }),
  };
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
