import { ENTRY, MEMORY } from './assemble.js';

/** A kernel in one thread. @throws WebAssembly.RuntimeError when it accesses memory out of bounds */
export type KernelInstance = (...parameters: readonly number[]) => void;

/** Instantiates a kernel over this memory, for the calling thread. @throws WebAssembly.LinkError */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelInstance {
  const { exports } = new WebAssembly.Instance(module, { [MEMORY.module]: { [MEMORY.name]: memory } });
  return exports[ENTRY] as KernelInstance;
}
