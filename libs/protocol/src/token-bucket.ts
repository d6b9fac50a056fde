const MILLISECONDS = 1000;

/** A token bucket: limits how often something may happen, per second in the long run and at once in a burst. */
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
