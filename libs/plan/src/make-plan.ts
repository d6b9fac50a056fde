import { DIGITS_SPEC, inputsOf, knownSummary, rowCounts, rowSize } from '@layerline/datasets';
import type { DataSpec, DataSummary } from '@layerline/datasets';
import {
  activationOf,
  goodnessOf,
  goodnessOfLayer,
  normalizationOf,
  objectiveOf,
  scheduleOf,
} from '@layerline/forward-forward';
import type { LayerSpec, ObjectiveSettings } from '@layerline/forward-forward';
import { MAX_FRAME_BYTES } from '@layerline/protocol';
import type { RunConfig } from './config.js';
import { ConfigError } from './errors.js';
import { settleShards } from './layer-shards.js';
import { layerName } from './layers.js';
import { parametersOf, settingsOf } from './module-parameters.js';
import type { Network, Plan } from './plan.js';
import { judgingOf, linearReadoutOf } from './readout-settings.js';
import { settingsOfLayer } from './presets.js';
import { observeEvery } from './schedule.js';
import { feedbackLinksOf, linksOf, peerLinksOf } from './topology.js';

/**
 * Works out a plan from a config.
 * @param resolved what the config leaves to be determined: the data and the engine
 * @throws ConfigError if the settings do not go together, or with the data
 */
export function makePlan(
  config: RunConfig,
  resolved: {
    readonly dataset: Plan['dataset'];
    readonly summary: DataSummary;
    readonly engine: Plan['engine'];
  },
): Plan {
  const { summary } = resolved;
  const network = networkOf(config, summary);
  const rows = rowCounts(summary, network.data);
  const { batch, epochs, seed, evalEvery, snapshotEvery, classifyBy } = config;
  if (batch > rows.train) {
    const { name } = resolved.dataset;
    throw new ConfigError(`batch: ${batch} is larger than the ${rows.train} training images of ${name}`);
  }
  const batchesPerEpoch = Math.floor(rows.train / batch);
  const plan: Plan = {
    ...network,
    ...{ epochs, seed, evalEvery, snapshotEvery, classifyBy },
    preparation: preparationOf(config, network.data),
    dataset: resolved.dataset,
    batchesPerEpoch,
    testRows: rows.test,
    ...(network.hard !== undefined && { trainRows: rows.train }),
    observeEvery: observeEvery(config.observeEvery, batchesPerEpoch),
    engine: resolved.engine,
  };
  const links = [...linksOf(plan), ...feedbackLinksOf(plan), ...peerLinksOf(plan)];
  const tooLarge = links.find(({ maxFrameBytes }) => maxFrameBytes > MAX_FRAME_BYTES);
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
 * @param summary of the data; MNIST's where it is not known yet
 * @throws ConfigError if the settings do not go together
 */
export function networkOf(config: RunConfig, summary = knownSummary('mnist')): Network {
  const shards = settleShards(config);
  const data = dataOf(config, summary);
  const { batch, negatives, programs } = config;
  checkPrograms(config);
  const layers = layerSpecs(config, data);
  return {
    ...{ data, batch, negatives, ...judgingOf(config), layers },
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

/** @throws ConfigError where what is for pictures is asked for with a table */
function preparationOf(
  { standardize, shift, flip, inputDropout: dropout }: RunConfig,
  data: DataSpec,
): Plan['preparation'] {
  if (data.kind === 'table' && (shift > 0 || flip)) {
    throw new ConfigError(`${shift > 0 ? 'shift' : 'flip'}: a table has no pictures, whose pixels could be moved`);
  }
  return { standardize, shift, flip, dropout };
}

/** What of a config is about the data. @throws ConfigError where a label would cover all of a row */
function dataOf(config: RunConfig, { spec, sha256 }: DataSummary): Plan['data'] {
  const { testShare, validation, splitSeed } = config;
  const label = config.label === 'auto' ? spec.label : config.label;
  if (label === 'overwrite' && rowSize(spec) <= spec.classes.length) {
    throw new ConfigError(
      `label: ${spec.classes.length} inputs of a label would cover all ${rowSize(spec)} of a row: take --label append`,
    );
  }
  return { ...spec, label, sha256, testShare, validation, splitSeed };
}

/**
 * What the layers of a config compute.
 * @throws ConfigError if it has settings for another number of layers
 */
export function layerSpecs(config: RunConfig, data: DataSpec = DIGITS_SPEC): LayerSpec[] {
  const { layers, perLayer = layers } = config;
  if (perLayer.length !== layers.length) {
    throw new ConfigError(
      `perLayer: there are settings for ${perLayer.length} layers, and layers has ${layers.length}`,
    );
  }
  const { readout } = judgingOf(config);
  return layers.map((_, index) => layerSpec(config, index, data, readout));
}

function layerSpec(run: RunConfig, index: number, data: DataSpec, readout: Plan['readout']): LayerSpec {
  const config = settingsOfLayer(run, index);
  const {
    goodness,
    activation,
    normalization,
    optimizer,
    momentum,
    weightDecay,
    learningRate,
    dropout,
    peerNormalization,
  } = config;
  const parameters = parametersOf(config);
  const units = config.layers[index] as number;
  const classes = data.classes.length;
  const labels = config.labels === 'every' && index > 0 ? classes : 0;
  const linear = linearReadoutOf(readout, config, classes);
  return {
    inputs: index === 0 ? inputsOf(data) : (config.layers[index - 1] ?? 0) + labels,
    overlay: index === 0 ? classes : 0,
    units,
    activation: settingsOf(activationOf(activation), parameters) as LayerSpec['activation'],
    goodness: settingsOf(goodnessOf(goodness), parameters) as LayerSpec['goodness'],
    normalization: settingsOf(normalizationOf(normalization), parameters) as LayerSpec['normalization'],
    objective: objectiveFor(config, parameters, units),
    optimizer: optimizer === 'sgd' ? { name: optimizer, momentum, weightDecay } : { name: optimizer, weightDecay },
    learningRate,
    schedule: settingsOf(scheduleOf(config.schedule), parameters) as LayerSpec['schedule'],
    dropout,
    peerNormalization,
    ...(labels > 0 && { labels }),
    ...(linear !== undefined && { readout: linear }),
  };
}

/** With what is a goodness per unit turned into the layer's. */
function objectiveFor(
  { objective, goodness }: RunConfig,
  parameters: Readonly<Record<string, number>>,
  units: number,
): ObjectiveSettings {
  const module = objectiveOf(objective);
  const ofLayer = Object.entries(module.parameters).map(([key, { isGoodness }]) => {
    const value = parameters[key] ?? 0;
    return [key, isGoodness === true ? goodnessOfLayer(goodness, value, units) : value] as const;
  });
  return settingsOf(module, Object.fromEntries(ofLayer)) as ObjectiveSettings;
}
