export { bind } from './bindings.js';
export type { CompiledGraph, Engine, EngineIdentity, EngineOptions, Tensor, Tensors } from './engine.js';
export { EngineError, EngineUnavailableError } from './errors.js';
export { cpuKernels } from './kernels.js';
export { openThreaded } from './threaded.js';
export { tryEngine } from './trial.js';
export type { EngineTrial } from './trial.js';
