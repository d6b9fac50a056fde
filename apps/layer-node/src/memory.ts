import { totalmem } from 'node:os';

/** The memory that processes here may use, in bytes: that of the machine, or of a container on it. */
export function memoryHere(): number {
  // Node.js returns 0, or more than there is, if nothing constrains it.
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
