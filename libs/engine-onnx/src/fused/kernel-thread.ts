/** A thread that runs kernels over the memory that it is given, on commands from `kernel-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { instantiate } from './kernel-instance.js';
import type { KernelInstance } from './kernel-instance.js';
import type { KernelCommand } from './kernel-threads.js';

const { memory } = workerData as { readonly memory: WebAssembly.Memory };
const modules = new Map<number, WebAssembly.Module>();
const kernels = new Map<number, KernelInstance>();

/** Instantiated when first run: if that fails, this run fails and no other. */
function kernelOf(number: number): KernelInstance {
  const known = kernels.get(number);
  if (known !== undefined) return known;
  const kernel = instantiate(modules.get(number) as WebAssembly.Module, memory);
  kernels.set(number, kernel);
  return kernel;
}

parentPort?.on('message', (command: KernelCommand) => {
  if (command.type === 'load') {
    modules.set(command.kernel, command.module);
  } else {
    kernelOf(command.kernel)(...command.parameters);
    parentPort?.postMessage(command.kernel);
  }
});
