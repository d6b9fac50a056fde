export { findProcess, isAlive, processSchema, thisProcess } from './identity.js';
export type { FoundProcess, NotedProcess } from './identity.js';
export { FileTooLargeError, NotPlainError, readPlainFile, readPlainFileSync } from './plain-file.js';
