import { CreditWindow } from '@layerline/protocol';
import type { Clock } from './clock.js';
import type { LinkModel } from './model.js';
import type { Wire } from './wire.js';

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

  /** @param wire from the stage in front to the one behind */
  constructor(readonly wire: Wire) {
    this.#window = new CreditWindow(this.#model.frameBytes);
    this.#grant();
    this.#clock.after(PING_INTERVAL, () => this.#measure());
  }

  /** Sends a frame. Over once there is credit: the rest goes on by itself. One call at a time. */
  send(accepted: () => void): void {
    if (this.#waiting !== undefined) throw new Error('Two frames wait for credit at the same time');
    this.#waiting = accepted;
    this.#wake();
  }

  /** Takes a frame out of the link, as soon as there is one. One call at a time. */
  take(taken: () => void): void {
    this.wire.take(() => {
      this.#window.consume(this.#model.frameBytes);
      this.#grant();
      taken();
    });
  }

  #wake(): void {
    const accepted = this.#waiting;
    const { frameBytes } = this.#model;
    if (accepted === undefined || this.#credit < frameBytes) return;
    this.#waiting = undefined;
    this.#credit -= frameBytes;
    this.wire.send();
    accepted();
  }

  #grant(): void {
    const bytes = this.#window.nextGrant();
    if (bytes === 0) return;
    this.#clock.after(this.wire.delay, () => {
      this.#credit += bytes;
      this.#wake();
    });
  }

  #measure(): void {
    this.#window.measure(this.#model.roundTrip / 1000, PING_INTERVAL / 1000);
    this.#grant();
    this.#clock.after(PING_INTERVAL, () => this.#measure());
  }

  get #clock(): Clock {
    return this.wire.clock;
  }

  get #model(): LinkModel {
    return this.wire.model;
  }
}
