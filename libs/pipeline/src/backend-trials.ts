import { tryEngine } from '@layerline/engine';
import type { Engine, EngineOptions, EngineTrial } from '@layerline/engine';
import { BACKENDS } from '@layerline/plan';
import type { BackendName } from '@layerline/plan';
import { openBackend } from './engines.js';

/** What came of trying a way to compute. */
export type BackendTrial<Result> = EngineTrial<Result> & { readonly backend: BackendName };

/** Tries every way to compute, in the order in which `auto` does. @param use what to do with those that work */
export async function tryBackends<Result>(
  options: EngineOptions,
  use: (engine: Engine) => Promise<Result>,
): Promise<BackendTrial<Result>[]> {
  const trials: BackendTrial<Result>[] = [];
  for (const backend of BACKENDS) {
    trials.push({ backend, ...(await tryEngine(() => openBackend(backend, options), use)) });
  }
  return trials;
}
