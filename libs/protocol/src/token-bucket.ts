const MILLISECONDS = 1000;

/** How often something may happen: so many times a second in the long run, and so many times at once (a token bucket). */
export class TokenBucket {
  #left: number;
  #refilledAt = performance.now();

  constructor(
    readonly perSecond: number,
    readonly atOnce: number,
  ) {
    this.#left = atOnce;
  }

  /** Whether it may happen once more now. */
  take(): boolean {
    const now = performance.now();
    const refill = ((now - this.#refilledAt) / MILLISECONDS) * this.perSecond;
    this.#left = Math.min(this.atOnce, this.#left + refill);
    this.#refilledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
