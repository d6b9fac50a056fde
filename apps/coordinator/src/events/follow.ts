import type { RunEvent, StreamItem } from '@layerline/api';
import type { Run } from '../run.js';

/** A follower that is so many events behind is let go: it can follow again from where it was. */
const MOST_BEHIND = 20_000;

/** Whoever follows a run reads its events much too slowly. */
export class SlowFollowerError extends Error {
  readonly code = 'ERR_SLOW_FOLLOWER';

  constructor(run: string) {
    super(
      `More than ${MOST_BEHIND} events of run ${run} wait to be read: follow it again, after the last one that was read`,
    );
    this.name = 'SlowFollowerError';
  }
}

/**
 * What happens on a run, for one reader: where it stands now; then, where `after` is given, the durable events after that
 * one which its record has kept; then all events as they come, none missing and none twice, until it has ended.
 * @param after an event's id: that of the last one which the reader has seen @param signal ends the following
 * @throws SlowFollowerError
 */
export function follow(run: Run, after?: string, signal?: AbortSignal): AsyncGenerator<StreamItem> {
  // Subscribed in this turn: what happens before the reader first reads is for it too.
  const live = new Backlog(run.id, signal);
  const head = { type: 'run', id: run.events.lastId, status: run.status(), plan: run.record.plan } as const;
  const leave = run.events.subscribe((event) => live.add(event));
  const kept = after === undefined ? [] : run.record.eventsBetween(after, head.id);
  const { last } = run;
  return (async function* (): AsyncGenerator<StreamItem, undefined> {
    try {
      yield head;
      yield* kept;
      if (last !== undefined) {
        yield last;
        return;
      }
      for (;;) {
        const event = await live.next();
        if (event === undefined) return;
        yield event;
        if (event.type === 'ended') return;
      }
    } finally {
      leave();
    }
  })();
}

/** Events that wait for a reader. */
class Backlog {
  readonly #events: RunEvent[] = [];
  #wake: (() => void) | undefined;
  #overflowed = false;

  constructor(
    readonly run: string,
    readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', () => this.#wake?.());
  }

  add(event: RunEvent): void {
    if (this.#events.length < MOST_BEHIND) this.#events.push(event);
    else this.#overflowed = true;
    this.#wake?.();
  }

  /** The next one, once it is there; undefined where the reader has left. @throws SlowFollowerError */
  async next(): Promise<RunEvent | undefined> {
    for (;;) {
      if (this.signal?.aborted === true) return undefined;
      if (this.#overflowed) throw new SlowFollowerError(this.run);
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
