import { ENTRY, MEMORY } from './assemble.js';

/** A kernel in one thread. @throws WebAssembly.RuntimeError where it reaches beyond its memory */
export type KernelInstance = (...parameters: readonly number[]) => void;

/** Makes a kernel that works in this memory, for the thread that calls. @throws WebAssembly.LinkError */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelInstance {
  const { exports } = new WebAssembly.Instance(module, { [MEMORY.module]: { [MEMORY.name]: memory } });
  return exports[ENTRY] as KernelInstance;
}
