export { CheckpointError, RunFolderError } from './errors.js';
export { hashWeights, ModelWriter, readModel } from './model.js';
export type { ModelManifest, ModelPart } from './model.js';
export { listRuns, newRunId, readRunConfig, RunFolder } from './run-folder.js';
export type { RunState, RunSummary } from './run-folder.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export type { NamedTensor } from './safetensors.js';
