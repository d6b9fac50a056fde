export { Coordinator } from './coordinator.js';
export type { CoordinatorOptions } from './coordinator.js';
export { NodeLostError, StageDiedError, StageFailedError } from './errors.js';
export type { NodeConnection } from './node-connection.js';
export type { PipelineRun, RunListener } from './pipeline-run.js';
