export { NodeAgent } from './agent.js';
export type { AgentOptions } from './agent.js';
export { enginesHere } from './examiner.js';
export { Fence, StaleOrderError } from './fence.js';
export { memoryHere } from './memory.js';
export { UnknownProgramError } from './programs.js';
export type { Programs } from './programs.js';
export { serveAsNode } from './node-service.js';
export type { NodeServiceOptions } from './node-service.js';
