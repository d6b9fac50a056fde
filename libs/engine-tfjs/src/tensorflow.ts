import { EngineUnavailableError } from '@layerline/engine';
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import util from 'node:util';
import { findAddon, findNodePackage, NODE_PACKAGE } from './native-part.js';

const BACKEND = 'tensorflow';
const INSTALL_COMMAND = 'npx layerline engines install tensorflow';

interface Addon {
  readonly TF_Version: string;
}

interface BackendModule {
  readonly NodeJSKernelBackend: new (addon: Addon, packageName: string) => tf.KernelBackend;
}

/**
 * Makes TensorFlow the backend of this thread's tfjs.
 * @param threads how many it may use
 * @returns the version of its library
 * @throws EngineUnavailableError when its native part is missing or does not load
 */
export function loadTensorflow(threads: number): string {
  const nodePackage = findNodePackage();
  if (nodePackage === undefined) throw unavailable(`the package ${NODE_PACKAGE} is not installed`);
  const addon = findAddon(nodePackage);
  if (addon === undefined) {
    throw unavailable(`the native part of ${NODE_PACKAGE} is not installed; "${INSTALL_COMMAND}" gets it`);
  }
  try {
    return startTensorflow(addon, threads);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw unavailable(`${NODE_PACKAGE} does not load: ${line}`, error);
  }
}

/**
 * Loads the package's kernels and backend around an addon. This is what the package's own main module does, minus its
 * search for the addon, which knows only one place, inside the package.
 * @param addon path of the addon @param threads how many TensorFlow may use
 * @returns the version of TensorFlow's library
 * @throws when one of them does not load, or does not compute
 */
export function startTensorflow(addon: string, threads: number): string {
  const require = createRequire(import.meta.url);
  replaceDeprecated();
  return withEnvironment({ TF_NUM_INTRAOP_THREADS: `${threads}`, TF_CPP_MIN_LOG_LEVEL: '2' }, () => {
    const binding = require(addon) as Addon;
    require(`${NODE_PACKAGE}/dist/register_all_kernels.js`);
    const { NodeJSKernelBackend } = require(`${NODE_PACKAGE}/dist/nodejs_kernel_backend.js`) as BackendModule;
    if (tf.findBackendFactory(BACKEND) === null) {
      tf.registerBackend(BACKEND, () => new NodeJSKernelBackend(binding, NODE_PACKAGE));
    }
    void tf.setBackend(BACKEND);
    // The first product creates TensorFlow's threads.
    const [product] = tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
    if (product !== 2) throw new Error(`a product of two 2 × 2 matrices of ones has ${product} in it, not 2`);
    return binding.TF_Version;
  });
}

/** tfjs-node 4.22 calls functions that print warnings in Node 22 and are gone in Node 23. */
function replaceDeprecated(): void {
  const replacements = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(replacements)) {
    Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}

/** Native code reads these settings once, so they need not stay behind for child processes to inherit. */
function withEnvironment<Result>(settings: Readonly<Record<string, string>>, work: () => Result): Result {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    return work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function unavailable(reason: string, cause?: unknown): EngineUnavailableError {
  return new EngineUnavailableError(`tfjs (${BACKEND})`, reason, { cause });
}
