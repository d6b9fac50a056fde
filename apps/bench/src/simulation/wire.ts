import type { Clock } from './clock.js';
import type { LinkModel } from './model.js';
import type { Thread } from './processor.js';

/**
 * A way from one stage to another: what is sent takes time of the sender's thread, of the wire, and of the receiver's thread,
 * and then waits to be taken.
 */
export class Wire {
  #freeAt = 0;
  #carried = 0;
  /** Frames that have arrived and not been taken. */
  #queued = 0;
  #taker: (() => void) | undefined;

  constructor(
    readonly clock: Clock,
    readonly model: LinkModel,
    readonly sender: Thread,
    readonly receiver: Thread,
  ) {}

  /** Sends a frame, which goes on by itself. */
  send(): void {
    this.sender.work(this.model.sending)(() => this.#transmit());
  }

  /** Takes a frame, as soon as there is one. One call at a time. */
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

  /** One way, in milliseconds. */
  get delay(): number {
    return this.model.roundTrip / 2;
  }

  #transmit(): void {
    const { bandwidth, frameBytes, receiving } = this.model;
    const carrying = (1000 * 8 * frameBytes) / bandwidth;
    this.#carried += carrying;
    this.#freeAt = Math.max(this.clock.now, this.#freeAt) + carrying;
    this.clock.after(this.#freeAt - this.clock.now + this.delay, () => {
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
    taken();
  }
}
