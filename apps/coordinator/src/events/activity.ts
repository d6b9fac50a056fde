import type { Operation, RunEnd } from '@layerline/api';
import { Backlog, MOST_BEHIND } from './backlog.js';

/** Something that happens to a node. */
export type NodeActivity =
  | { readonly type: 'node-joined'; readonly host: string; readonly cores: number; readonly slots: number }
  /** It has said goodbye. */
  | { readonly type: 'node-left' }
  /** Its connection has ended in any other way. */
  | { readonly type: 'node-lost'; readonly reason: string }
  /** It gets no new stages, and those that it has go elsewhere. */
  | { readonly type: 'node-draining' }
  /** It has no stages left. */
  | { readonly type: 'node-drained' }
  | { readonly type: 'node-undrained' };

/** Something that happens to a run. */
export type RunActivity =
  | { readonly type: 'run-submitted' | 'run-taken-up'; readonly units: readonly number[]; readonly epochs: number }
  /** Frames flow, on these nodes; not told after a pause or a change of its stages. */
  | { readonly type: 'run-training'; readonly nodes: readonly string[] }
  | { readonly type: 'run-paused' }
  | { readonly type: 'run-resumed' }
  /** What it waits for, why it goes back to a snapshot, and whatever else a person should know. */
  | { readonly type: 'run-noticed'; readonly sentence: string }
  /** A change of its stages is over, whether or not it came to anything. */
  | { readonly type: 'run-reshaped'; readonly operation: Operation }
  /** `seconds` since it was first begun, by the clock of whoever was the coordinator then. */
  | { readonly type: 'run-ended'; readonly end: RunEnd; readonly seconds: number };

/** Something that happens to one of a coordinator's nodes or runs. */
export type Activity = (NodeActivity & { readonly node: string }) | (RunActivity & { readonly run: string });

/** Whoever follows a coordinator's activity reads it much too slowly. */
export class SlowReaderError extends Error {
  readonly code = 'ERR_SLOW_READER';

  constructor() {
    super(`More than ${MOST_BEHIND} events of the coordinator had not been read, and are not shown`);
    this.name = 'SlowReaderError';
  }
}

/** What happens to a coordinator's nodes and runs, in the order in which it happens. */
export class ActivityFeed {
  readonly #readers = new Set<Backlog<Activity>>();

  emit(activity: Activity): void {
    for (const reader of this.#readers) reader.add(activity);
  }

  /**
   * All that happens from this call on, for one reader; none missed and none repeated.
   * @param signal ends the following @throws SlowReaderError
   */
  follow(signal: AbortSignal): AsyncGenerator<Activity> {
    const backlog = new Backlog<Activity>(() => new SlowReaderError(), signal);
    const readers = this.#readers;
    readers.add(backlog);
    signal.addEventListener('abort', () => readers.delete(backlog), { once: true });
    return (async function* (): AsyncGenerator<Activity, undefined> {
      try {
        for (;;) {
          const activity = await backlog.next();
          if (activity === undefined) return;
          yield activity;
        }
      } finally {
        readers.delete(backlog);
      }
    })();
  }
}
