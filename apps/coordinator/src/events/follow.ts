import type { RunEvent, StreamItem } from '@layerline/api';
import type { Run } from '../run.js';

/** A follower this many events behind is dropped: it can follow again from where it was. */
const MOST_BEHIND = 20_000;

/** A follower of a run reads its events much too slowly. */
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
 * A run's events, for one reader: first where the run stands now; then, if `after` is given, the durable events that its
 * record has kept since that one; then all events as they happen, none missed and none repeated, until the run has ended.
 * @param after id of the last event that the reader has seen @param signal ends the following
 * @throws SlowFollowerError
 */
export function follow(run: Run, after?: string, signal?: AbortSignal): AsyncGenerator<StreamItem> {
  // Subscribes right away: the reader is to get what happens before its first read, too.
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

/** Events waiting for a reader. */
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

  /** The next one, once there is one; undefined if the reader has left. @throws SlowFollowerError */
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
