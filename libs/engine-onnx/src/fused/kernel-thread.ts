/** A thread that runs kernels over the memory that it is given, as it is told to by `kernel-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { ENTRY, MEMORY } from './assemble.js';
import type { ThreadOrder } from './kernel-threads.js';

const { memory } = workerData as { readonly memory: WebAssembly.Memory };
const kernels = new Map<number, (...parameters: readonly number[]) => void>();

parentPort?.on('message', (order: ThreadOrder) => {
  if (order.type === 'load') {
    const instance = new WebAssembly.Instance(order.module, { [MEMORY.module]: { [MEMORY.name]: memory } });
    kernels.set(order.kernel, instance.exports[ENTRY] as (...parameters: readonly number[]) => void);
  } else {
    kernels.get(order.kernel)?.(...order.parameters);
    parentPort?.postMessage(order.kernel);
  }
});
