export { flow } from './flow.js';
export type { Sink } from './flow.js';
export type { Role, RoleFactory, StageServices } from './role.js';
export { runStage } from './stage-process.js';
export { StoreError, storePart } from './store-client.js';
