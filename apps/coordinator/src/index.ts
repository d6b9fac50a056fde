export { Coordinator } from './coordinator.js';
export type { CoordinatorOptions } from './coordinator.js';
export * from './errors.js';
export type { StageProcess } from './generation.js';
export type { StageSummary, TrainResult } from './record/result.js';
export { RunRecord } from './record/run-record.js';
export type { RecordListener } from './record/run-record.js';
export { RunStoppedError } from './run.js';
export type { Run, RunListener, RunState } from './run.js';
