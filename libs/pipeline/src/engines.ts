import { tryEngine } from '@layerline/engine';
import type { Engine, EngineOptions, EngineTrial } from '@layerline/engine';
import { openOnnxEngine } from '@layerline/engine-onnx';
import type { OnnxBackend } from '@layerline/engine-onnx';
import { openTfjsEngine } from '@layerline/engine-tfjs';
import type { TfjsBackend } from '@layerline/engine-tfjs';
import { backendsOf } from '@layerline/plan';
import type { BackendName } from '@layerline/plan';
import { NoEngineError } from './errors.js';

/**
 * Opens an engine by its full name, such as `onnx/c-api`.
 * @throws EngineUnavailableError where it does not work on this machine
 */
export function openBackend(name: string, options: EngineOptions): Promise<Engine> {
  const [engine, backend] = name.split('/');
  return engine === 'onnx'
    ? openOnnxEngine(options, backend as OnnxBackend)
    : openTfjsEngine(options, backend as TfjsBackend);
}

/**
 * Tries an engine in this process, which ends if the engine's native code crashes.
 * @param name in full @param use what to do with it where it works
 */
export function tryBackend<Result>(
  name: BackendName,
  options: EngineOptions,
  use: (engine: Engine) => Promise<Result>,
): Promise<EngineTrial<Result>> {
  return tryEngine(() => openBackend(name, options), use);
}

/** An engine that works, and why the faster ones were passed over. */
export interface ChosenEngine {
  readonly backend: BackendName;
  readonly engine: Engine;
  readonly passedOver: readonly string[];
}

/**
 * Opens the fastest engine that works here.
 * @param wanted an engine's name, or `auto` for any
 * @throws NoEngineError with the reason of each that does not work
 */
export async function chooseEngine(wanted: 'auto' | 'onnx' | 'tfjs', options: EngineOptions): Promise<ChosenEngine> {
  const passedOver: string[] = [];
  for (const backend of backendsOf(wanted)) {
    try {
      return { backend, engine: await openBackend(backend, options), passedOver };
    } catch (error) {
      passedOver.push((error as Error).message);
    }
  }
  throw new NoEngineError(wanted, passedOver);
}
