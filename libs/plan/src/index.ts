export { BACKENDS } from './backends.js';
export type { BackendName } from './backends.js';
export { CONFIG_KEYS, MAX_LAYERS, MAX_UNITS, runConfigSchema } from './config.js';
export type { PartialRunConfig, RunConfig } from './config.js';
export { ConfigError } from './errors.js';
export { leastMemory, refuseTooLarge } from './memory.js';
export { largestLookBytes, largestPartBytes } from './part-size.js';
export {
  imagesPerScoreFrame,
  layerName,
  layerSpec,
  makePlan,
  MAX_SHOWN_WEIGHTS,
  isObserved,
  OBSERVED_BINS,
  SUMS_OF_PAIRS,
  SUMS_PER_KIND,
  SUMS_PER_UNIT_BLOCK,
  observeEvery,
  planSchema,
  positionAt,
  shownWeights,
  stagesOf,
  totalSteps,
  trainedLayers,
} from './plan.js';
export type { Plan, Position, StagePlan } from './plan.js';
export { applyPreset, DEFAULT_PRESET, PRESET_NAMES, PRESETS } from './presets.js';
export type { PresetName } from './presets.js';
export { sharesOf, threadsPerLayer } from './shares.js';
