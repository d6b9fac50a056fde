import { ProtocolError } from './errors.js';

/** A consumer always lets this many of the largest frames be under way: one in work, the others to go on with. */
const LEAST_FRAMES = 3;
/** And never more than this many, whatever the connection: memory stays bounded. */
const MOST_FRAMES = 32;
/** Room beyond round trip × rate, for a rate that swings. */
const HEADROOM = 2;
/** Weight of the newest measurement in the running average of the rate. */
const SMOOTHING = 0.3;

/** The most that may be under way on a link, in bytes. @param frameBytes the size of its largest frame */
export function largestWindow(frameBytes: number): number {
  return MOST_FRAMES * frameBytes;
}

/**
 * Producer's side of credits: what may still be sent. What is granted and not sent yet, together with what still waits in
 * this process's memory for the socket, never exceeds the {@link largestWindow}: a consumer grants what it has consumed, and
 * it cannot have consumed what has not left.
 */
export class CreditGate {
  #available = 0;
  /** Taken, and still in this process's memory. */
  #buffered = 0;
  #waiting: { bytes: number; open: () => void; fail: (error: Error) => void } | undefined;

  /** @param consumer who grants, for messages @param frameBytes the size of the largest frame of the link */
  constructor(
    readonly consumer: string,
    readonly frameBytes: number,
  ) {}

  /** Bytes that may be sent at once. */
  get available(): number {
    return this.#available;
  }

  /** Bytes that were taken and have not been handed to the network yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /**
   * Takes a grant of the consumer. @param bytes above 0
   * @throws ProtocolError for more than a consumer that keeps to its window can have to grant
   */
  grant(bytes: number): void {
    const most = largestWindow(this.frameBytes);
    const granted = this.#available + this.#buffered + bytes;
    if (granted > most) {
      throw new ProtocolError(
        `${this.consumer} grants ${bytes} bytes, and ${granted} would be under way: the most is ${most}, ${MOST_FRAMES} ` +
          'of the largest frames',
      );
    }
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

  /** Notes that bytes which were taken have been handed to the network. */
  sent(bytes: number): void {
    this.#buffered -= bytes;
  }

  /** Ends a wait for credit that will not come. */
  fail(error: Error): void {
    this.#waiting?.fail(error);
    this.#waiting = undefined;
  }

  #wake(): void {
    if (this.#waiting === undefined || this.#waiting.bytes > this.#available) return;
    this.#available -= this.#waiting.bytes;
    this.#buffered += this.#waiting.bytes;
    this.#waiting.open();
    this.#waiting = undefined;
  }
}

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
    return Math.min(LEAST_FRAMES * this.frameBytes + HEADROOM * product, largestWindow(this.frameBytes));
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
