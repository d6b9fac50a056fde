import { EngineUnavailableError, openThreaded } from '@layerline/engine';
import type { Engine, EngineOptions } from '@layerline/engine';

export { toOnnx } from './model.js';
export type { Standalone } from './standalone.js';

/** Ways to reach ONNX Runtime, fastest first. */
export const ONNX_BACKENDS = ['c-api', 'node'] as const;
export type OnnxBackend = (typeof ONNX_BACKENDS)[number];

/**
 * Opens the onnx engine.
 * @throws EngineUnavailableError where this way to reach ONNX Runtime does not work on this machine
 */
export async function openOnnxEngine(options: EngineOptions, backend: OnnxBackend = 'c-api'): Promise<Engine> {
  if (backend === 'c-api') return openCApi(options);
  try {
    return await openThreaded(new URL('./node-engine.js', import.meta.url), options);
  } catch (error) {
    throw new EngineUnavailableError('onnx (node)', (error as Error).message, { cause: error });
  }
}

async function openCApi(options: EngineOptions): Promise<Engine> {
  // The FFI's native part exists for some platforms only; on others its import fails.
  const { openCApiEngine } = await import('./c-api-engine.js').catch((error: unknown) => {
    throw new EngineUnavailableError('onnx (c-api)', (error as Error).message, { cause: error });
  });
  return openCApiEngine(options);
}
