import type { GoodnessName, ObjectiveName, OptimizerName } from '@layerline/forward-forward';
import { runConfigSchema } from './config.js';
import type { PartialRunConfig, RunConfig } from './config.js';

/** Settings shared by all presets that govern where and how things run, not what is learned. */
const SURROUNDINGS = {
  dataset: 'auto',
  engine: 'auto',
  threads: 'auto',
  evalEvery: 1,
  observeEvery: 'auto',
  snapshotEvery: 300,
  allowDifferentNumbers: false,
  singleProcess: false,
  port: 0,
  out: 'runs',
} as const;

/** The recipe shared by all presets: pairwise SiLU of mean goodness, Adam, wrong labels as negatives. */
const RECIPE = {
  batch: 100,
  seed: 1,
  objective: 'silu',
  goodness: 'mean',
  threshold: 1,
  alpha: 6,
  negatives: 'wrong',
  optimizer: 'adam',
  learningRate: 0.003,
  momentum: 0.9,
  weightDecay: 0,
  peerNormalization: 0,
  classifyBy: 'all',
} as const;

/** Complete recipes by name, with every number pinned. `docs/configuration.md` says what each is for. */
export const PRESETS = {
  quick: { ...SURROUNDINGS, ...RECIPE, layers: [500, 500], epochs: 5 },
  'mlp-3x1000': { ...SURROUNDINGS, ...RECIPE, layers: [1000, 1000, 1000], epochs: 10 },
  'mlp-4x2000': { ...SURROUNDINGS, ...RECIPE, layers: [2000, 2000, 2000, 2000], epochs: 10 },
} as const satisfies Record<string, Omit<RunConfig, 'layers'> & { layers: readonly number[] }>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
export const DEFAULT_PRESET: PresetName = 'quick';

/**
 * A preset with what the user has set on top. If the user changes the objective, the goodness or the optimizer, the
 * preset's α and learning rate no longer mean anything: those that the user has not set are taken from the defaults of
 * the new combination.
 */
export function applyPreset(preset: PresetName, given: PartialRunConfig): RunConfig {
  const base = PRESETS[preset];
  const { objective, goodness, optimizer } = { ...base, ...given };
  const sameLoss = objective === base.objective && goodness === base.goodness;
  const retuned = {
    ...(sameLoss ? {} : { alpha: defaultAlpha(objective, goodness) }),
    ...(sameLoss && optimizer === base.optimizer
      ? {}
      : { learningRate: defaultLearningRate(optimizer, objective, goodness) }),
  };
  return runConfigSchema.parse({ ...base, ...retuned, ...given });
}

/**
 * An α that trains with each combination; like the learning rates below, found by trial on 300-300 networks (see
 * docs/configuration.md). Sums of squares exceed means by a factor of the width, taken to be some hundreds; Adam, unlike
 * SGD, compensates for that in its steps.
 */
function defaultAlpha(objective: ObjectiveName, goodness: GoodnessName): number {
  const forMean = { threshold: 6, pairwise: 4, silu: 6 }[objective];
  if (goodness === 'mean') return forMean;
  return objective === 'threshold' ? 1 : forMean / 100;
}

function defaultLearningRate(optimizer: OptimizerName, objective: ObjectiveName, goodness: GoodnessName): number {
  if (optimizer === 'adam') return 0.003;
  if (objective === 'threshold') return goodness === 'mean' ? 0.1 : 0.001;
  return goodness === 'mean' ? 0.5 : 0.1;
}
