import { openThreaded } from '@layerline/engine';
import type { Engine, EngineOptions } from '@layerline/engine';
import type { TfjsBackend, TfjsChoice } from './choice.js';

export { TFJS_BACKENDS } from './choice.js';
export type { TfjsBackend } from './choice.js';
export { TensorflowInstallError } from './install/errors.js';
export { installTensorflow } from './install/install.js';
export type { InstalledTensorflow, TensorflowInstallRequest } from './install/install.js';
export type { InstallProgress } from './install/progress.js';

/** TensorFlow creates its threads once per process. */
let tensorflowThreads: number | undefined;

/**
 * Opens TensorFlow.js in a thread of its own.
 * @param backend defaults to the fastest that works: `tensorflow` (tfjs-node), else `wasm`, else `cpu`. Of these,
 * `tensorflow` alone uses more than one thread, and as many as the first engine opened in the process asked for.
 * @throws EngineUnavailableError when the backend is not available on this machine
 */
export async function openTfjsEngine(options: EngineOptions, backend?: TfjsBackend): Promise<Engine> {
  const choice: TfjsChoice = { backend, tensorflowThreads };
  const engine = await openThreaded(new URL('./engine.js', import.meta.url), options, choice);
  if (engine.identity.backend === 'tensorflow') tensorflowThreads ??= engine.threads;
  return engine;
}
export { toGraphModel, WEIGHTS_FILE } from './graph-model.js';
export type { GraphModel, GraphModelOptions } from './graph-model.js';
