export { findProcess, isAlive, processSchema, thisProcess } from './identity.js';
export type { FoundProcess, NotedProcess } from './identity.js';
