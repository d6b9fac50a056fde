import { Coordinator } from './coordinator.js';
import type { CoordinatorOptions } from './coordinator.js';
import { NothingTrainsError } from './errors.js';
import type { Executor } from './executor.js';

/** Carries out nothing. */
const NOTHING: Executor = {
  capabilities: () => [],
  check: () => {
    throw new NothingTrainsError();
  },
  execute: () => Promise.reject(new NothingTrainsError()),
  release: () => undefined,
};

/**
 * A coordinator that only shows the runs of a folder, and changes nothing there: it takes none of them up, and refuses new
 * ones with NothingTrainsError. It is started and stopped like any other.
 * @param options.root folder of the runs
 */
export function showRuns(options: Omit<CoordinatorOptions, 'executor' | 'probing' | 'dedicated'>): Coordinator {
  return new Coordinator({ ...options, executor: NOTHING });
}
