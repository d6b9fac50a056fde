/** How far a training is: images and seconds of training since the run began, evaluations not counted. */
export interface Progress {
  readonly images: number;
  readonly trainSeconds: number;
}

/** Seconds of training that the rate is an average over. */
const WINDOW_SECONDS = 5;
/** A shorter stretch says more of one batch than of the training. */
const LEAST_SECONDS = 0.5;

/** Images a second, worked out of what the evaluator tells of images and of its own time: no wait of ours is in it. */
export class TrainingRate {
  /** The oldest first; from the last rewind on. */
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

  /** Images a second of late, or undefined while too little has been seen. */
  get imagesPerSecond(): number | undefined {
    const [first] = this.#seen;
    const last = this.#seen.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const seconds = last.trainSeconds - first.trainSeconds;
    return seconds < LEAST_SECONDS ? undefined : (last.images - first.images) / seconds;
  }
}
