/** Producer's side of credits: what may still be sent. */
export class CreditGate {
  #available = 0;
  #waiting: { bytes: number; open: () => void; fail: (error: Error) => void } | undefined;

  /** Bytes that may be sent at once. */
  get available(): number {
    return this.#available;
  }

  /** Takes a grant of the consumer. @param bytes above 0 */
  grant(bytes: number): void {
    this.#available += bytes;
    this.#wake();
  }

  /** Takes `bytes` out of what is available, as soon as there is enough. One caller at a time. */
  async take(bytes: number): Promise<void> {
    if (this.#waiting !== undefined) throw new Error('Two callers wait for credit at the same time');
    await new Promise<void>((open, fail) => {
      this.#waiting = { bytes, open, fail };
      this.#wake();
    });
  }

  /** Ends a wait for credit that will not come. */
  fail(error: Error): void {
    this.#waiting?.fail(error);
    this.#waiting = undefined;
  }

  #wake(): void {
    if (this.#waiting === undefined || this.#waiting.bytes > this.#available) return;
    this.#available -= this.#waiting.bytes;
    this.#waiting.open();
    this.#waiting = undefined;
  }
}

/** A consumer always lets this many of the largest frames be under way: one in work, the others to go on with. */
const LEAST_FRAMES = 3;
/** And never more than this many, whatever the connection: memory stays bounded. */
const MOST_FRAMES = 32;
/** Room beyond round trip × rate, for a rate that swings. */
const HEADROOM = 2;
/** Weight of the newest measurement in the running average of the rate. */
const SMOOTHING = 0.3;

/**
 * Consumer's side of credits: how many bytes may be under way or waiting, and when to grant more. The window follows
 * the bandwidth-delay product: what is consumed during one round trip has to be on the wire for the consumer not to wait.
 */
export class CreditWindow {
  #outstanding = 0;
  /**
   * The shortest so far, in seconds. Longer ones contain the time that the answer has waited behind frames, and more so
   * the larger the window is: it would grow by itself.
   */
  #roundTrip = Infinity;
  #rate = 0;
  #consumed = 0;

  /** @param frameBytes the size of the largest frame of the link */
  constructor(readonly frameBytes: number) {}

  /** The bytes that may be under way. */
  get size(): number {
    const product = this.#rate === 0 ? 0 : this.#rate * this.#roundTrip;
    return Math.min(LEAST_FRAMES * this.frameBytes + HEADROOM * product, MOST_FRAMES * this.frameBytes);
  }

  /** Granted and not consumed yet, in bytes. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** What to grant now, in bytes; 0 for nothing. Small amounts are kept back until they add up to half a frame. */
  nextGrant(): number {
    const room = Math.floor(this.size - this.#outstanding);
    if (room < this.frameBytes / 2) return 0;
    this.#outstanding += room;
    return room;
  }

  /** Notes that a frame was taken out of the link. */
  consume(bytes: number): void {
    this.#outstanding -= bytes;
    this.#consumed += bytes;
  }

  /** Takes a measurement. @param roundTrip seconds @param interval seconds since the last measurement */
  measure(roundTrip: number, interval: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, roundTrip);
    if (interval > 0) this.#rate = smooth(this.#rate, this.#consumed / interval);
    this.#consumed = 0;
  }
}

function smooth(average: number, value: number): number {
  return average === 0 ? value : average + SMOOTHING * (value - average);
}
