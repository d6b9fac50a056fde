import { CreditWindow } from '@layerline/protocol';
import type { Clock } from './clock.js';
import type { LinkModel } from './model.js';
import type { Thread } from './processor.js';

/** How often a consumer measures round trip and rate: `PING_INTERVAL_MS` of the product's link. */
const PING_INTERVAL = 1000;

/**
 * A link between two stages. How many bytes may be under way is decided by the product's own {@link CreditWindow}; it
 * is given the round trip of the empty link, since the product keeps the shortest that it has seen.
 */
export class Link {
  readonly #window: CreditWindow;
  /** Bytes that may still be sent. */
  #credit = 0;
  #waiting: (() => void) | undefined;
  #wireFreeAt = 0;
  #carried = 0;
  /** Frames that have arrived and not been taken. */
  #queued = 0;
  #taker: (() => void) | undefined;

  /** @param sender of the stage in front @param receiver of the stage behind */
  constructor(
    readonly clock: Clock,
    readonly model: LinkModel,
    readonly sender: Thread,
    readonly receiver: Thread,
  ) {
    this.#window = new CreditWindow(model.frameBytes);
    this.#grant();
    clock.after(PING_INTERVAL, () => this.#measure());
  }

  /** Sends a frame. Over once there is credit: the rest goes on by itself. One call at a time. */
  send(accepted: () => void): void {
    if (this.#waiting !== undefined) throw new Error('Two frames wait for credit at the same time');
    this.#waiting = accepted;
    this.#wake();
  }

  /** Takes a frame out of the link, as soon as there is one. One call at a time. */
  take(taken: () => void): void {
    this.#taker = taken;
    this.#deliver();
  }

  /** Milliseconds of carrying bits that frames have taken up since the last call. */
  takeCarried(): number {
    const carried = this.#carried;
    this.#carried = 0;
    return carried;
  }

  #wake(): void {
    const accepted = this.#waiting;
    const { frameBytes, sending } = this.model;
    if (accepted === undefined || this.#credit < frameBytes) return;
    this.#waiting = undefined;
    this.#credit -= frameBytes;
    this.sender.work(sending)(() => this.#transmit());
    accepted();
  }

  #transmit(): void {
    const { bandwidth, frameBytes, receiving } = this.model;
    const carrying = (1000 * 8 * frameBytes) / bandwidth;
    this.#carried += carrying;
    this.#wireFreeAt = Math.max(this.clock.now, this.#wireFreeAt) + carrying;
    this.clock.after(this.#wireFreeAt - this.clock.now + this.#delay, () => {
      this.receiver.work(receiving)(() => {
        this.#queued++;
        this.#deliver();
      });
    });
  }

  #deliver(): void {
    const taken = this.#taker;
    if (taken === undefined || this.#queued === 0) return;
    this.#taker = undefined;
    this.#queued--;
    this.#window.consume(this.model.frameBytes);
    this.#grant();
    taken();
  }

  #grant(): void {
    const bytes = this.#window.nextGrant();
    if (bytes === 0) return;
    this.clock.after(this.#delay, () => {
      this.#credit += bytes;
      this.#wake();
    });
  }

  #measure(): void {
    this.#window.measure(this.model.roundTrip / 1000, PING_INTERVAL / 1000);
    this.#grant();
    this.clock.after(PING_INTERVAL, () => this.#measure());
  }

  /** One way, in milliseconds. */
  get #delay(): number {
    return this.model.roundTrip / 2;
  }
}
