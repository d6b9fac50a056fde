import { cpuKernels, EngineUnavailableError } from '@layerline/engine';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import type { TfjsBackend } from './choice.js';

/** The backend that this thread's tfjs computes with. */
export interface Loaded {
  readonly backend: TfjsBackend;
  readonly version: string;
  readonly kernels: string;
  readonly threads: number;
}

const NODE_PACKAGE = '@tensorflow/tfjs-node';
const require = createRequire(import.meta.url);

/**
 * Makes a backend the one that this thread's tfjs computes with.
 * @param threads how many TensorFlow may use; the other backends have one
 * @throws EngineUnavailableError when it cannot be had
 */
export async function loadBackend(backend: TfjsBackend, threads: number): Promise<Loaded> {
  // Otherwise the slower backends advertise tfjs-node.
  tf.enableProdMode();
  switch (backend) {
    case 'tensorflow':
      loadTensorflow(threads);
      await use(backend);
      return { backend, version: `${tf.version_core}+${tensorflowVersion()}`, kernels: cpuKernels(), threads };
    case 'wasm': {
      await import('@tensorflow/tfjs-backend-wasm');
      await use(backend);
      // XNNPACK picks by SIMD, and by how the processor's minimum treats NaN, which the architecture decides.
      const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
      return { backend, version: tf.version_core, kernels: simd ? `${arch()} simd128` : arch(), threads: 1 };
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      await use(backend);
      return { backend, version: tf.version_core, kernels: arch(), threads: 1 };
  }
}

async function use(backend: TfjsBackend): Promise<void> {
  if (!(await tf.setBackend(backend))) throw unavailable(backend, 'the backend failed to start');
}

function loadTensorflow(threads: number): void {
  let folder: string;
  try {
    folder = dirname(require.resolve(`${NODE_PACKAGE}/package.json`));
  } catch (error) {
    throw unavailable('tensorflow', `the package ${NODE_PACKAGE} is not installed`, error);
  }
  // Looked for beforehand, as the package loads for a second before it says that its native part is missing.
  const builds = join(folder, 'lib');
  const names = existsSync(builds) ? readdirSync(builds) : [];
  if (!names.some((name) => existsSync(join(builds, name, 'tfjs_binding.node')))) {
    const remedy = `npm rebuild ${NODE_PACKAGE} --ignore-scripts=false`;
    throw unavailable('tensorflow', `the native part of ${NODE_PACKAGE} is not installed; "${remedy}" fetches it`);
  }
  restoreUtil();
  try {
    withEnvironment({ TF_NUM_INTRAOP_THREADS: `${threads}`, TF_CPP_MIN_LOG_LEVEL: '2' }, () => {
      require(NODE_PACKAGE);
      // The first product makes TensorFlow's threads.
      tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
    });
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw unavailable('tensorflow', `${NODE_PACKAGE} does not load: ${line}`, error);
  }
}

/** tfjs-node 4.22 calls functions that Node 23 removed. */
function restoreUtil(): void {
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}

/** Native code reads these settings once, so they need not stay behind for child processes to inherit. */
function withEnvironment(settings: Readonly<Record<string, string>>, work: () => void): void {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function tensorflowVersion(): string {
  const { binding } = tf.backend() as tf.KernelBackend & { readonly binding?: { readonly TF_Version?: string } };
  return `tensorflow.${binding?.TF_Version ?? 'unknown'}`;
}

function unavailable(backend: TfjsBackend, reason: string, cause?: unknown): EngineUnavailableError {
  return new EngineUnavailableError(`tfjs (${backend})`, reason, { cause });
}
