/** A thread that runs kernels over the memory that it is given, as it is told to by `kernel-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { ENTRY, MEMORY } from './assemble.js';
import type { ThreadOrder } from './kernel-threads.js';

const { memory } = workerData as { readonly memory: WebAssembly.Memory };
type Kernel = (...parameters: readonly number[]) => void;
const modules = new Map<number, WebAssembly.Module>();
const kernels = new Map<number, Kernel>();

/** Made when it is first run: where that fails, the run does, and no other. */
function kernelOf(number: number): Kernel {
  const known = kernels.get(number);
  if (known !== undefined) return known;
  const module = modules.get(number) as WebAssembly.Module;
  const instance = new WebAssembly.Instance(module, { [MEMORY.module]: { [MEMORY.name]: memory } });
  const kernel = instance.exports[ENTRY] as Kernel;
  kernels.set(number, kernel);
  return kernel;
}

parentPort?.on('message', (order: ThreadOrder) => {
  if (order.type === 'load') {
    modules.set(order.kernel, order.module);
  } else {
    kernelOf(order.kernel)(...order.parameters);
    parentPort?.postMessage(order.kernel);
  }
});
