import { formatEventId } from '@layerline/api';
import type { RunEvent, RunEventBody } from '@layerline/api';

/** A life of a run: which coordinator's, and which of that one's. */
export interface Life {
  readonly incarnation: number;
  readonly generation: number;
}

export type RunEventListener = (event: RunEvent) => void;

/**
 * The one stream of what happens on a run: numbers each event and hands it to whoever subscribes, in the order of their
 * subscriptions and in the turn in which it happens.
 */
export class RunEvents {
  readonly #listeners = new Set<RunEventListener>();
  #life: Life;
  #sequence = 0;

  /** @param life of the run before its next one begins */
  constructor(life: Life) {
    this.#life = life;
  }

  /** The id of the last event. */
  get lastId(): string {
    const { incarnation, generation } = this.#life;
    return formatEventId({ incarnation, generation: Math.max(0, generation), sequence: this.#sequence });
  }

  /** Numbers what follows as events of another life. */
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
