import type { DurableEvent, RunEvent, RunStatus, StreamItem } from '@layerline/api';
import type { Plan } from '@layerline/plan';
import { Backlog, MOST_BEHIND } from './backlog.js';
import type { RunEventListener } from './run-events.js';

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

/** A run whose events can be followed, whether or not it is still under way. */
export interface Followed {
  readonly id: string;
  readonly plan: Plan;
  /** Id of the newest event. */
  readonly lastId: string;
  /** The very last event, once the run has ended. */
  readonly last: RunEvent | undefined;
  status(): RunStatus;
  /** The durable events so far, after the one with id `after` and up to and including `upTo`. */
  eventsBetween(after: string, upTo: string): AsyncGenerator<DurableEvent>;
  /** @returns a function that ends the subscription */
  subscribe(listener: RunEventListener): () => void;
}

/**
 * A run's events, for one reader: first where the run stands now; then, if `after` is given, the durable events that its
 * record has kept since that one; then all events as they happen, none missed and none repeated, until the run has ended.
 * @param after id of the last event that the reader has seen @param signal ends the following
 * @throws SlowFollowerError
 */
export function follow(run: Followed, after?: string, signal?: AbortSignal): AsyncGenerator<StreamItem> {
  // Subscribes right away: the reader is to get what happens before its first read, too.
  const live = new Backlog<RunEvent>(() => new SlowFollowerError(run.id), signal);
  const head = { type: 'run', id: run.lastId, status: run.status(), plan: run.plan } as const;
  const leave = run.subscribe((event) => live.add(event));
  const kept = after === undefined ? [] : run.eventsBetween(after, head.id);
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
