export { advise, DEFAULT_ROUND_TRIP, withShards } from './advice/advice.js';
export type { Advice } from './advice/advice.js';
export type { Circumstances, Observed } from './advice/circumstances.js';
export type { Forecast, LayerForecast, StageForecast } from './advice/forecast.js';
export type { StageMeasure } from './advice/measures.js';
export type { LinkTraffic } from './advice/traffic.js';
export type { Warning } from './advice/warnings.js';
export { MAX_CLASSES } from '@layerline/datasets';
export { BACKENDS, backendsOf } from './backends.js';
export type { BackendName } from './backends.js';
export {
  batchShape,
  BLOCKS,
  blocksOfLayer,
  blocksOfObservation,
  blocksOfRows,
  blocksOfScores,
  blocksOfSums,
  MAX_SHOWN_WEIGHTS,
  OBSERVED_BINS,
  OBSERVED_PAIR_SUMS,
  OBSERVED_ROW_SUMS,
  OBSERVED_UNIT_SUMS,
  pictureSize,
  piecesOf,
  shownWeights,
} from './blocks.js';
export type { PlannedBlock } from './blocks.js';
export { CONFIG_KEYS, LAYER_SETTINGS_KEYS, MAX_LAYERS, MAX_SHARDS, MAX_UNITS, runConfigSchema } from './config.js';
export type { LayerSettings, PartialRunConfig, RunConfig } from './config.js';
export { ConfigError } from './errors.js';
export { leastMemory, refuseTooLarge } from './memory.js';
export { largestLookBytes, largestPartBytes } from './part-size.js';
export { checkShards, settleShards, shardCount, shardsOf } from './layer-shards.js';
export type { Cut, Shard } from './layer-shards.js';
export { layerName, trainedLayers } from './layers.js';
export { layerSpecs, makePlan, networkOf } from './make-plan.js';
export { defaultParameters, MODULES, PARAMETERS_OF_MODULES, settingsOf } from './module-parameters.js';
export { modulesPage } from './modules-page.js';
export type { KnownParameter, ParameterName } from './module-parameters.js';
export { dataSpecSchema, datasetReferenceSchema, planSchema } from './plan.js';
export type { Network, Plan } from './plan.js';
export { applyPreset, changeConfig, DEFAULT_PRESET, METHODS_BEFORE, PRESET_NAMES, PRESETS } from './presets.js';
export type { PresetName } from './presets.js';
export { countedLayers } from './readout-settings.js';
export {
  classesOf,
  copiesOf,
  hasPairs,
  hasReadouts,
  imagesOf,
  imagesPerFrame,
  imagesPerScoreFrame,
  isBlind,
  labelSquares,
  readoutRows,
  scoredCopies,
  scoredLabels,
  trainingHead,
} from './rows.js';
export { SAMPLE_LAYER } from './sample-layer.js';
export {
  batchesUntilObserved,
  isEvaluated,
  isObserved,
  isRanked,
  observeEvery,
  positionAt,
  stepAt,
  totalSteps,
} from './schedule.js';
export type { Position } from './schedule.js';
export { mostThreads, sharesOf, threadsPerLayer } from './shares.js';
export { machineOf, spread } from './spread.js';
export type { Machine } from './spread.js';
export { feedbackLinksOf, linksOf, peerLinksOf, producersOf, stageOf, stagesOf } from './topology.js';
export type { LinkPlan, StagePlan } from './topology.js';
export { evaluationShare, workOf } from './work.js';
