import { goodnessOf, objectiveOf } from '@layerline/forward-forward';
import type { OptimizerName } from '@layerline/forward-forward';
import { runConfigSchema } from './config.js';
import type { PartialRunConfig, RunConfig } from './config.js';
import { defaultParameters, scaleOf } from './module-parameters.js';
import type { ChosenModules } from './module-parameters.js';

/** Settings shared by all presets that govern where and how things run, not what is learned. */
const SURROUNDINGS = {
  dataset: 'auto',
  label: 'auto',
  testShare: 0.2,
  validation: 0,
  splitSeed: 1,
  standardize: false,
  shift: 0,
  flip: false,
  inputDropout: 0,
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

/** A learning rate of Adam that trains with every objective and goodness: its steps make up for the size of gradients. */
const ADAM_RATE = 0.003;

/** What runs had before there was a choice. */
export const METHODS_BEFORE = {
  hardBy: 'goodness',
  hardEvery: 2,
  labels: 'first',
  readout: 'auto',
  readoutRate: 0.002,
  readoutDecay: 0,
  readoutDropout: 0,
  onePass: false,
} as const;

/** The recipe shared by all presets: pairwise SiLU of mean goodness, Adam, wrong labels as negatives. */
const RECIPE = {
  batch: 100,
  seed: 1,
  objective: 'silu',
  goodness: 'mean',
  activation: 'relu',
  normalization: 'mean-square',
  negatives: 'wrong',
  optimizer: 'adam',
  learningRate: ADAM_RATE,
  schedule: 'late-linear',
  momentum: 0.9,
  weightDecay: 0,
  dropout: 0,
  peerNormalization: 0,
  classifyBy: 'all',
  ...METHODS_BEFORE,
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

type Chosen = ChosenModules & { readonly optimizer: OptimizerName };
type Changes = { readonly [Key in keyof Chosen]?: Chosen[Key] | undefined };
const MODULE_KEYS = [
  'objective',
  'goodness',
  'activation',
  'schedule',
  'optimizer',
] as const satisfies readonly (keyof Chosen)[];

/**
 * A preset with what the user has set on top. If the user changes the objective, the goodness or the optimizer, the
 * preset's learning rate no longer means anything: it then comes from the defaults of the new combination, as parameters of
 * the objective, the goodness and the activation always do.
 */
export function applyPreset(preset: PresetName, given: PartialRunConfig): RunConfig {
  const base = PRESETS[preset];
  return runConfigSchema.parse({ ...base, ...retuned(base, chosenBy(base, given)), ...given });
}

/**
 * The config of a run with what the user has set on top. Where that is another objective, goodness, activation, schedule or
 * optimizer, what goes with it follows, as in {@link applyPreset}.
 */
export function changeConfig(config: RunConfig, given: PartialRunConfig): RunConfig {
  return runConfigSchema.parse({ ...config, ...following(config, given), ...given });
}

/**
 * The settings of a layer: those of the run, with what the layer has in another way on top. Where that is another objective,
 * goodness, activation or optimizer, what goes with it follows, as in {@link applyPreset}.
 * @param index from 0
 */
export function settingsOfLayer(config: RunConfig, index: number): RunConfig {
  const own = config.perLayer?.[index];
  if (own === undefined) return config;
  return { ...config, ...following(config, own), ...definedOf(own) };
}

/** What goes with other modules; nothing where they are the same. */
function following(config: RunConfig, given: Changes): PartialRunConfig {
  const isOther = MODULE_KEYS.some((key) => given[key] !== undefined && given[key] !== config[key]);
  return isOther ? retuned(config, chosenBy(config, given)) : {};
}

function sgdRate(chosen: Chosen): number {
  return objectiveOf(chosen.objective).sgdRate[scaleOf(chosen)] * goodnessOf(chosen.goodness).sgdFactor;
}

function chosenBy(base: Chosen, given: Changes): Chosen {
  const { objective, goodness, activation, normalization, schedule, optimizer } = { ...base, ...definedOf(given) };
  return { objective, goodness, activation, normalization, schedule, optimizer };
}

/** Without keys that have no value. */
function definedOf<Each extends object>(values: Each): { [Key in keyof Each]: Exclude<Each[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Each]: Exclude<Each[Key], undefined>;
  };
}

/** What goes with a combination of modules; the learning rate only where `before` was another. */
function retuned(before: Chosen, chosen: Chosen): PartialRunConfig {
  const { objective, goodness, optimizer } = chosen;
  const isSame = objective === before.objective && goodness === before.goodness && optimizer === before.optimizer;
  return {
    ...defaultParameters(chosen),
    ...(isSame ? {} : { learningRate: optimizer === 'adam' ? ADAM_RATE : sgdRate(chosen) }),
  };
}
