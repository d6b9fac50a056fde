import { formatEventId } from '@layerline/api';
import type { RunEvent, RunEventBody } from '@layerline/api';

/** A life of a run: which coordinator's (incarnation), and which of that coordinator's (generation). */
export interface Life {
  readonly incarnation: number;
  readonly generation: number;
}

export type RunEventListener = (event: RunEvent) => void;

/**
 * The single stream of a run's events: numbers each one and hands it to the subscribers synchronously, in the order in
 * which they subscribed.
 */
export class RunEvents {
  readonly #listeners = new Set<RunEventListener>();
  #life: Life;
  #sequence = 0;

  /** @param life the last one before the next begins */
  constructor(life: Life) {
    this.#life = life;
  }

  /** The id of the last event. */
  get lastId(): string {
    const { incarnation, generation } = this.#life;
    return formatEventId({ incarnation, generation: Math.max(0, generation), sequence: this.#sequence });
  }

  /** Starts numbering events as those of another life. */
  begin(life: Life): void {
    this.#life = life;
    this.#sequence = 0;
  }

  emit(body: RunEventBody): void {
    this.#sequence++;
    const event: RunEvent = { id: this.lastId, at: new Date().toISOString(), ...body };
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: RunEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
