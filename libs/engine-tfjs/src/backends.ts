import { cpuKernels, EngineUnavailableError } from '@layerline/engine';
import * as tf from '@tensorflow/tfjs-core';
import { arch } from 'node:os';
import type { TfjsBackend } from './choice.js';
import { loadTensorflow } from './tensorflow.js';

/** The backend that this thread's tfjs computes with. */
export interface Loaded {
  readonly backend: TfjsBackend;
  readonly version: string;
  readonly kernels: string;
  readonly threads: number;
}

/**
 * Makes a backend the one that this thread's tfjs computes with.
 * @param threads how many TensorFlow may use; the other backends use one
 * @throws EngineUnavailableError when it is not available
 */
export async function loadBackend(backend: TfjsBackend, threads: number): Promise<Loaded> {
  // Otherwise the slower backends print an advertisement for tfjs-node.
  tf.enableProdMode();
  switch (backend) {
    case 'tensorflow': {
      const library = loadTensorflow(threads);
      await use(backend);
      return { backend, version: `${tf.version_core}+tensorflow.${library}`, kernels: cpuKernels(), threads };
    }
    case 'wasm': {
      await import('@tensorflow/tfjs-backend-wasm');
      await use(backend);
      // XNNPACK picks kernels by SIMD, and by how the processor's minimum treats NaN, which the architecture decides.
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
  if (await tf.setBackend(backend)) return;
  throw new EngineUnavailableError(`tfjs (${backend})`, 'the backend failed to start');
}
