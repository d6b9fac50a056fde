import { NodeLostError, RunGivenUpError, StageDiedError, StageFailedError } from './errors.js';

/** Failures in a row of the same stage or node without progress after which a run is given up: a poison batch, a broken engine. */
const MOST_OF_A_KIND = 8;
/** And failures in a row of any kind: whatever goes on there, nothing comes of it. */
const MOST_FAILURES = 40;
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
  'ERR_UNSAFE_PATH',
  'ERR_NUMERICS',
  'ERR_PLACEMENT',
]);

/**
 * Decides whether and when a run is started again after a failure: at once at first, then after delays that double, with
 * full jitter so that runs which failed together do not come back together; and not any more where the same stage or
 * node fails again and again, and the run never gets beyond where it has been.
 */
export class RestartPolicy {
  /** Since the run has last got beyond where it had been before. */
  #failures = 0;
  /** The last ones of them that are of one kind. */
  #ofAKind = 0;
  #kind = '';
  #furthest = 0;

  /** @param run its id, for messages @param random from 0 to below 1 */
  constructor(
    readonly run: string,
    readonly random: () => number = Math.random,
  ) {}

  /**
   * Takes note of a failure.
   * @param images training images that the run had reached before it, counted over all its lives
   * @returns how long to wait, in milliseconds
   * @throws the error itself where it would come again, RunGivenUpError where it has come too often
   */
  delayAfter(error: Error & { readonly code?: string }, images: number): number {
    if (error.code !== undefined && (HOPELESS.has(error.code) || error.code.startsWith('ERR_DATASET'))) throw error;
    this.#count(kindOf(error), images);
    if (this.#ofAKind >= MOST_OF_A_KIND || this.#failures >= MOST_FAILURES) {
      throw new RunGivenUpError(this.run, this.#failures, this.#furthest, error);
    }
    if (this.#failures <= AT_ONCE) return 0;
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - AT_ONCE));
    return this.random() * ceiling;
  }

  #count(kind: string, images: number): void {
    const hasGotOn = images > this.#furthest;
    this.#failures = hasGotOn ? 1 : this.#failures + 1;
    this.#ofAKind = hasGotOn || kind !== this.#kind ? 1 : this.#ofAKind + 1;
    this.#kind = kind;
    this.#furthest = Math.max(this.#furthest, images);
  }
}

/** What failed, and how: the same for failures that have the same cause. */
function kindOf(error: Error & { readonly code?: string }): string {
  if (error instanceof StageDiedError) return `${error.stage} ${error.exit.signal ?? error.exit.code}`;
  if (error instanceof StageFailedError) return `${error.stage} ${error.code}`;
  return error instanceof NodeLostError ? error.node : (error.code ?? error.message);
}
