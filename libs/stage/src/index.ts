export { flow } from './flow.js';
export type { Sink } from './flow.js';
export { letHeapGrow } from './heap-growth.js';
export type { Resumption, Role, RoleFactory, StageServices } from './role.js';
export { runStage } from './stage-process.js';
export { StoreClient, StoreError } from './store-client.js';
