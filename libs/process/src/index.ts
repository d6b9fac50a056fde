export { allowanceHere, coresHere, memoryHere } from './allowance.js';
export type { Allowance } from './allowance.js';
export { findProcess, isAlive, processSchema, thisProcess } from './identity.js';
export type { FoundProcess, NotedProcess } from './identity.js';
export { FileTooLargeError, NotPlainError, readPlainFile, readPlainFileSync } from './plain-file.js';
export { keepInspectorClosed } from './inspector.js';
export { ProxyError, proxySettings, proxyVariable } from './proxy.js';
export type { Proxy, ProxySettings } from './proxy.js';
