import { compareEventIds, parseEventId } from '@layerline/api';
import type { Acted, HistoryEvent, RunEnd, StreamItem } from '@layerline/api';
import { RunEndedError } from '@layerline/coordinator';
import type { CoordinatorClient } from './coordinator-client.js';
import { CoordinatorError } from './errors.js';

/** A snapshot that is whole. */
export type StoredSnapshot = Extract<HistoryEvent, { type: 'snapshot-stored' }>;

/**
 * Waits until a run that is being stopped has ended.
 * @returns how; undefined where the signal is aborted first
 * @throws CoordinatorError if the run goes on after all, because its coordinator was restarted, or that stays out of reach
 */
export async function untilEnded(
  client: CoordinatorClient,
  { run, event }: Acted,
  signal: AbortSignal,
): Promise<RunEnd | undefined> {
  const { incarnation } = parseEventId(event);
  return firstOf(client, run, signal, (item) => {
    if (item.type === 'ended') return item.end;
    if (item.type === 'run' && item.status.end === null && item.status.incarnation > incarnation) {
      throw new CoordinatorError(
        'ERR_RUN_TAKEN_UP',
        `The coordinator was restarted before run ${run} had ended, and goes on with it: layerline stop ${run} stops it again`,
      );
    }
    return undefined;
  });
}

/**
 * Waits until a snapshot that was asked for is whole. What happens while the connection is lost is read from the run's history.
 * @returns it; undefined where the signal is aborted first
 * @throws RunEndedError if the run ends before, CoordinatorError if it cannot be stored, the run has gone back before its step, or
 * the coordinator stays out of reach
 */
export async function untilStored(
  client: CoordinatorClient,
  { run, event, step }: Acted,
  signal: AbortSignal,
): Promise<StoredSnapshot | undefined> {
  return firstOf(client, run, signal, async (item) => {
    const missed = item.type === 'run' ? await client.history(run) : [item];
    for (const each of missed.filter(({ id }) => compareEventIds(id, event) > 0)) {
      const stored = storedIn(each, run, step);
      if (stored !== undefined) return stored;
    }
    return undefined;
  });
}

/** Follows a run until something comes of an item, or nothing more can. */
async function firstOf<Found>(
  client: CoordinatorClient,
  run: string,
  signal: AbortSignal,
  look: (item: StreamItem) => Found | undefined | Promise<Found | undefined>,
): Promise<Found | undefined> {
  const enough = new AbortController();
  let outcome: { readonly found: Found } | { readonly error: Error } | undefined;
  // The stream is aborted and read to its end, which closes its connection: leaving the loop would not.
  for await (const item of client.follow(run, AbortSignal.any([signal, enough.signal]))) {
    outcome ??= await seen(look, item);
    if (outcome !== undefined) enough.abort();
  }
  if (outcome === undefined) return undefined;
  if ('error' in outcome) throw outcome.error;
  return outcome.found;
}

async function seen<Found>(
  look: (item: StreamItem) => Found | undefined | Promise<Found | undefined>,
  item: StreamItem,
): Promise<{ readonly found: Found } | { readonly error: Error } | undefined> {
  try {
    const found = await look(item);
    return found === undefined ? undefined : { found };
  } catch (error) {
    return { error: error as Error };
  }
}

/** @param least step of the snapshot, at least @throws RunEndedError, CoordinatorError */
function storedIn(item: StreamItem, run: string, least: number): StoredSnapshot | undefined {
  switch (item.type) {
    case 'snapshot-stored':
      return item.step >= least ? item : undefined;
    case 'snapshot-failed': {
      if (item.step < least) return undefined;
      const { step, stage, message } = item;
      throw new CoordinatorError(
        'ERR_SNAPSHOT',
        `There is no snapshot of run ${run} at step ${step}: ${stage}: ${message}`,
      );
    }
    case 'rewound':
      throw new CoordinatorError(
        'ERR_SNAPSHOT',
        `Run ${run} went back to step ${item.step} before its snapshot was whole: layerline snapshot ${run} asks for another`,
      );
    case 'ended':
      throw new RunEndedError(run, item.end);
    default:
      return undefined;
  }
}
