export { Coordinator } from './coordinator.js';
export type { CoordinatorOptions, ServerOptions } from './coordinator.js';
export * from './errors.js';
export { follow } from './events/follow.js';
export type { Execution, Executor, Life } from './executor.js';
export { readRunAbout } from './record/run-about.js';
export type { RunRecord } from './record/run-record.js';
export type { TakingUp } from './run-registry.js';
export type { Run } from './run.js';
