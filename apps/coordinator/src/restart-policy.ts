import { RunGivenUpError } from './errors.js';

/** Failures in a row without progress after which a run is given up. */
const MOST_FAILURES = 8;
/** The first two restarts come at once: mostly a process has been killed, and nothing is wrong any more. */
const AT_ONCE = 2;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

/** Failures that come again whatever is started anew: what was asked for is at fault, or the run's own record. */
const HOPELESS: ReadonlySet<string> = new Set([
  'ERR_DIVERGED',
  'ERR_CONFIG',
  'ERR_CHECKPOINT',
  'ERR_FENCED',
  'ERR_STALE_ORDER',
  'ERR_RUN_FOLDER',
  'ERR_FINGERPRINT',
  'ERR_PLACEMENT',
]);

/**
 * Decides whether and when a run is started again after a failure: at once at first, then after delays that double, with
 * full jitter so that runs which failed together do not come back together; and not any more where failures in a row all
 * stop short of the same place.
 */
export class RestartPolicy {
  #failures = 0;
  #furthest = 0;

  /** @param random from 0 to below 1 */
  constructor(readonly random: () => number = Math.random) {}

  /**
   * Takes note of a failure.
   * @param images training images that the run had reached before it, counted over all its lives
   * @returns how long to wait, in milliseconds
   * @throws the error itself where it would come again, RunGivenUpError where it has come too often
   */
  delayAfter(error: Error & { readonly code?: string }, images: number): number {
    if (error.code !== undefined && (HOPELESS.has(error.code) || error.code.startsWith('ERR_DATASET'))) throw error;
    this.#failures = images > this.#furthest ? 1 : this.#failures + 1;
    this.#furthest = Math.max(this.#furthest, images);
    if (this.#failures >= MOST_FAILURES) throw new RunGivenUpError(this.#failures, this.#furthest, error);
    if (this.#failures <= AT_ONCE) return 0;
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - AT_ONCE));
    return this.random() * ceiling;
  }
}
