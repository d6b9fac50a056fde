import { NodeLostError, RunGivenUpError, StageDiedError, StageFailedError } from './errors.js';

/** Give up after this many failures in a row of the same kind, without progress: a poison batch, a broken engine. */
const MOST_OF_A_KIND = 8;
/** Or after this many of any kind: whatever is going on, it is getting nowhere. */
const MOST_FAILURES = 40;
/** The first two restarts are immediate: usually a process was killed, and nothing else is wrong. */
const AT_ONCE = 2;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

/** Failures that no restart can cure: the fault lies in what was asked for, or in the run's own record. */
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
 * Decides whether and when to restart a run after a failure: at once at first, then after exponential delays with full
 * jitter, so that runs that failed together do not all come back together; and never once the run keeps failing without
 * getting any further.
 */
export class RestartPolicy {
  /** Since the run last made progress. */
  #failures = 0;
  /** How many of the latest of them were of the same kind. */
  #ofAKind = 0;
  #kind = '';
  #furthest = 0;

  /** @param run its id, for messages @param random in [0, 1) */
  constructor(
    readonly run: string,
    readonly random: () => number = Math.random,
  ) {}

  /**
   * Records a failure.
   * @param images the most training images that the run had reached by then, in any of its lives
   * @returns how long to wait, in milliseconds
   * @throws the error itself if a restart cannot cure it, RunGivenUpError after too many failures
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

/** What failed, and how: equal for failures with the same cause. */
function kindOf(error: Error & { readonly code?: string }): string {
  if (error instanceof StageDiedError) return `${error.stage} ${error.exit.signal ?? error.exit.code}`;
  if (error instanceof StageFailedError) return `${error.stage} ${error.code}`;
  return error instanceof NodeLostError ? error.node : (error.code ?? error.message);
}
