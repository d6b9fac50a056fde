/** What one end of a link has carried so far, and how long that has held the event loop. */
export class LinkAccount {
  #frames = 0;
  #bytes = 0;
  #milliseconds = 0;

  /** Frames carried, barriers among them. */
  get frames(): number {
    return this.#frames;
  }

  /** Their length on the wire, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Time that the event loop was held by work on frames, in milliseconds by the clock: also that in which the system gave
   * the processor to others. What a socket does outside of the calls to it and from it, such as joining the fragments of
   * a message, is not in it.
   */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** Notes that a frame has passed. @param bytes its length on the wire */
  count(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes;
  }

  /** Does a piece of work on a frame at once, and counts its time, also where it throws. */
  time<Result>(work: () => Result): Result {
    const began = performance.now();
    try {
      return work();
    } finally {
      this.#milliseconds += performance.now() - began;
    }
  }
}
