import { negativesOf, objectiveOf, readoutOf } from '@layerline/forward-forward';
import type { LinearReadout } from '@layerline/forward-forward';
import type { RunConfig } from './config.js';
import { ConfigError } from './errors.js';
import { layerName } from './layers.js';
import type { Plan } from './plan.js';
import { settingsOfLayer } from './presets.js';

/** What of a plan says where labels go, and how images are judged. */
type Judging = Pick<Plan, 'labels' | 'readout' | 'onePass' | 'hard'>;

/**
 * Settles where labels go, and how images are judged: without labels among the inputs, goodness cannot say which class a row has.
 * @throws ConfigError if the settings do not go together
 */
export function judgingOf(config: RunConfig): Judging {
  const { labels, negatives, hardBy, hardEvery } = config;
  const labelled = labelledObjective(config);
  const isLabelled = labelled !== undefined;
  const isBlind = labels === 'none' || isLabelled;
  if (isLabelled && labels !== 'first') {
    throw new ConfigError(`labels: ${labelled} has no label among its inputs: leave out --labels ${labels}`);
  }
  if (!isLabelled && labels === 'none' && negativesOf(negatives).needsLabels) {
    throw new ConfigError(
      `labels: negatives that are ${negatives} are made of labels: take hybrid or self-contrastive`,
    );
  }
  if (labels === 'every' && config.programs !== undefined) {
    throw new ConfigError(`programs: a node's own program has no place for labels: take --labels first`);
  }
  if (config.readout === 'goodness' && isBlind) {
    const why = labelled ?? '--labels none';
    throw new ConfigError(`readout: with ${why}, goodness tells no classes apart: take --readout softmax or cascade`);
  }
  const readout = config.readout === 'auto' ? (isBlind ? 'softmax' : 'goodness') : config.readout;
  if (config.onePass && readout === 'goodness') {
    throw new ConfigError('onePass: goodness takes a pass for each label: take --readout softmax or cascade');
  }
  const isHard = negatives === 'hard' && !isLabelled;
  if (isHard && hardBy === 'readout' && readout === 'goodness') {
    throw new ConfigError(
      'hardBy: there is no readout to rank by: take --readout softmax or cascade, or --hard-by goodness',
    );
  }
  checkCounted(config);
  return {
    ...(labels === 'first' ? {} : { labels }),
    ...(readout === 'goodness' ? {} : { readout }),
    ...(config.onePass ? { onePass: true } : {}),
    ...(isHard ? { hard: { by: hardBy, every: hardEvery } } : {}),
  };
}

/** The objective by which layers learn from labelled rows alone; undefined where they do not. @throws ConfigError if only some do */
function labelledObjective(config: RunConfig): string | undefined {
  const objectives = config.layers.map((_, index) => settingsOfLayer(config, index));
  const labelled = objectives.filter(({ objective }) => objectiveOf(objective).rows === 'labelled');
  if (labelled.length > 0 && labelled.length < objectives.length) {
    throw new ConfigError(
      `perLayer: ${labelled[0]?.objective} learns from other rows than the other layers: take it for all of them, or none`,
    );
  }
  const pulled = labelled.find(({ peerNormalization }) => peerNormalization > 0);
  if (pulled !== undefined) {
    throw new ConfigError(
      `peerNormalization: ${pulled.objective} has no positive rows whose activity could be evened out`,
    );
  }
  return labelled[0]?.objective;
}

/** @throws ConfigError where nothing is left to classify by, or a layer that is named is not there */
function checkCounted({ classifyBy, layers, programs = {} }: RunConfig): void {
  if (typeof classifyBy !== 'string') {
    const foreign = classifyBy.find((layer) => layerName(layer - 1) in programs);
    if (foreign !== undefined) {
      throw new ConfigError(`classifyBy: ${layerName(foreign - 1)} is a node's own program, which has no goodness`);
    }
    const missing = classifyBy.find((layer) => layer > layers.length);
    if (missing === undefined && new Set(classifyBy).size === classifyBy.length) return;
    throw new ConfigError(
      missing === undefined
        ? 'classifyBy: a layer is named twice'
        : `classifyBy: there is no layer ${missing}: this network has ${layers.length}`,
    );
  }
  if (readoutOf(classifyBy).layers(layers.length).length > 0) return;
  throw new ConfigError(`classifyBy: ${classifyBy} leaves nothing to classify by where there is one layer`);
}

/** The layers that count, as places among those that learn, from 0. @param learners places in the network of those that learn */
export function countedLayers({ classifyBy }: Pick<Plan, 'classifyBy'>, learners: readonly number[]): number[] {
  if (typeof classifyBy === 'string') return readoutOf(classifyBy).layers(learners.length);
  return classifyBy.map((layer) => learners.indexOf(layer - 1)).filter((place) => place >= 0);
}

/** A layer's readout, where layers have one. @param classes of the data */
export function linearReadoutOf(
  readout: Plan['readout'],
  { readoutRate, readoutDecay, readoutDropout }: RunConfig,
  classes: number,
): LinearReadout | undefined {
  if (readout === undefined) return undefined;
  return {
    classes,
    cascades: readout === 'cascade',
    learningRate: readoutRate,
    weightDecay: readoutDecay,
    dropout: readoutDropout,
  };
}
