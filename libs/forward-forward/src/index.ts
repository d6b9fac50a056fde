export { ACTIVATION_NAMES, ACTIVATIONS, activationOf } from './activations/index.js';
export type { ActivationName, ActivationSettings } from './activations/index.js';
export { backpropagationGraph, classifierParameters, classifyGraph } from './backpropagation.js';
export type { Classifier, ClassifierParameter } from './backpropagation.js';
export { pairsOf, rowsRead } from './batch-shape.js';
export type { BatchShape, RowRange } from './batch-shape.js';
export { sumsName } from './block-sums.js';
export { GOODNESS_NAMES, GOODNESSES, goodnessFactor, goodnessOf, goodnessOfLayer } from './goodness/index.js';
export type { GoodnessName, GoodnessSettings } from './goodness/index.js';
export { initialState } from './initial-state.js';
export { normalizationFactor, normalizeRow } from './input-rows.js';
export { finishGraph, forwardGraph, keptOf, PEER_MOMENTUM, sumsGraph } from './layer-graphs.js';
export { learnGraph } from './learn-graph.js';
export type { ForwardOutputs } from './layer-graphs.js';
export {
  ACTIVITY,
  exchangedShape,
  exchangedSums,
  inputShapes,
  layerState,
  learnsThroughReadout,
  MEAN_ACTIVITY,
  parametersOf,
} from './layer-spec.js';
export type { ExchangedSums, LayerSpec, StateEntry } from './layer-spec.js';
export {
  LOGITS,
  READOUT_MASK,
  READOUT_SCALE,
  READOUT_WEIGHTS,
  readoutInputShapes,
  readoutOptimizer,
} from './linear-readout.js';
export type { LinearReadout } from './linear-readout.js';
export { defaultNumbers, moduleOf, namesOf } from './module.js';
export type { GoodnessScale, Module, Numbers, Parameter, Range, SettingsOf } from './module.js';
export { networkGraph, networkParameter } from './network-graph.js';
export type { NetworkSpec } from './network-graph.js';
export { HybridPartnerError } from './errors.js';
export { hardLabel } from './negatives/hard.js';
export { HybridMask, MASK_BLURS } from './negatives/hybrid-mask.js';
export { hybridPartner } from './negatives/hybrid.js';
export { NEGATIVES, NEGATIVES_NAMES, negativesOf } from './negatives/index.js';
export type { NegativesName } from './negatives/index.js';
export type { PairWriter } from './negatives/negatives.js';
export { wrongLabel } from './negatives/wrong.js';
export { NORMALIZATION_NAMES, NORMALIZATIONS, normalizationOf } from './normalizations/index.js';
export type { NormalizationName, NormalizationSettings } from './normalizations/index.js';
export { OBJECTIVE_NAMES, OBJECTIVES, objectiveOf, pairLoss } from './objectives/index.js';
export type { ObjectiveName, ObjectiveSettings } from './objectives/index.js';
export type { RowsNeeded } from './objectives/objective.js';
export { ADAM, MOMENTS, OPTIMIZER_NAMES, StepCounter } from './optimizers.js';
export type { Optimizer, OptimizerName, StepScalars } from './optimizers.js';
export { READOUT_NAMES, READOUTS, readoutOf } from './readouts/index.js';
export type { ReadoutName } from './readouts/index.js';
export { learningRateAt, SCHEDULE_NAMES, scheduleOf, SCHEDULES } from './schedules/index.js';
export type { ScheduleName, ScheduleSettings } from './schedules/index.js';
export type { Progress } from './schedules/schedule.js';
export { allUnits, blocksOf, blockUnits, cutUnits, mostShards, widthOf } from './unit-blocks.js';
export type { UnitRange } from './unit-blocks.js';
