export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** The turns that the peer may be silent for. */
  readonly patience: number;
  /** Asks for a sign of life, once a turn. Left out where the peer gives them of its own accord. */
  readonly ping?: () => void;
  /** Called once, when the peer has been silent for too long. The heartbeat has stopped then. */
  readonly lost: () => void;
}

/**
 * Notices that a peer is gone. Silence is counted in turns of a timer and not by the clock: a process that was itself held up
 * must not blame its peer for it.
 */
export class Heartbeat {
  #timer: NodeJS.Timeout | undefined;
  /** Turns since the last sign of life. */
  #silence = 0;

  constructor(readonly options: HeartbeatOptions) {}

  start(): void {
    this.stop();
    this.#silence = 0;
    this.#timer = setInterval(() => this.#turn(), this.options.intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Notes a sign of life. */
  alive(): void {
    this.#silence = 0;
  }

  #turn(): void {
    if (this.#silence++ < this.options.patience) return this.options.ping?.();
    this.stop();
    this.options.lost();
  }
}
