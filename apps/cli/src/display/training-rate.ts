/** How far training has got: images and seconds of training since the run began, not counting evaluations. */
export interface Progress {
  readonly images: number;
  readonly trainSeconds: number;
}

/** Seconds of training over which the rate is averaged. */
const WINDOW_SECONDS = 5;
/** A shorter stretch says more about one batch than about the training. */
const LEAST_SECONDS = 0.5;

/** Images per second, from the evaluator's own counts and clock, so that delays on our side do not distort it. */
export class TrainingRate {
  /** Oldest first, since the last rewind. */
  readonly #seen: Progress[] = [];

  add(progress: Progress): void {
    const last = this.#seen.at(-1);
    // The run has gone back to a snapshot.
    if (last !== undefined && progress.images < last.images) this.#seen.length = 0;
    this.#seen.push(progress);
    for (;;) {
      const second = this.#seen[1];
      if (second === undefined || progress.trainSeconds - second.trainSeconds < WINDOW_SECONDS) return;
      this.#seen.shift();
    }
  }

  /** Recent images per second, or undefined while too little has been seen. */
  get imagesPerSecond(): number | undefined {
    const [first] = this.#seen;
    const last = this.#seen.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const seconds = last.trainSeconds - first.trainSeconds;
    return seconds < LEAST_SECONDS ? undefined : (last.images - first.images) / seconds;
  }
}
