export { NodeAgent } from './agent.js';
export type { AgentOptions } from './agent.js';
export { Fence, StaleOrderError } from './fence.js';
