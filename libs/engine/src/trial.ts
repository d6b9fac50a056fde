import type { Engine, EngineIdentity } from './engine.js';
import { EngineUnavailableError } from './errors.js';

/** The outcome of trying an engine on this machine. */
export type EngineTrial<Result> =
  | { readonly available: true; readonly identity: EngineIdentity; readonly result: Result }
  /** Why it does not work, and how to get it where that is known. */
  | { readonly available: false; readonly reason: string };

/**
 * Opens an engine, uses it once and closes it. Any failure means that it does not work here: a library may load and yet
 * fail at its first product.
 */
export async function tryEngine<Result>(
  open: () => Promise<Engine>,
  use: (engine: Engine) => Promise<Result>,
): Promise<EngineTrial<Result>> {
  try {
    const engine = await open();
    try {
      return { available: true, identity: engine.identity, result: await use(engine) };
    } finally {
      await engine.close();
    }
  } catch (error) {
    return { available: false, reason: error instanceof EngineUnavailableError ? error.reason : String(error) };
  }
}
