import type { RunEvent } from '@layerline/api';

const HISTORY_TYPES = [
  'state',
  'notice',
  'snapshot-stored',
  'snapshot-failed',
  'rewound',
  'operation',
  'revised',
] as const;
type HistoryType = (typeof HISTORY_TYPES)[number];

/** What `GET …/history` keeps of a run, also of lives that a rewind has withdrawn. */
export type HistoryEvent = Extract<RunEvent, { type: HistoryType }>;
/** A snapshot that is complete and on disk. Versions that did not measure them leave parts and time out. */
export type StoredSnapshot = Extract<HistoryEvent, { type: 'snapshot-stored' }> & {
  /** What each stage has stored. */
  readonly parts?: readonly { readonly stage: string; readonly bytes: number }[];
  /** From its barrier to the last of its parts. */
  readonly seconds?: number;
};

/** As many as the coordinator keeps. */
const MOST = 1000;

export function isHistory(event: { readonly type: string }): event is HistoryEvent {
  return (HISTORY_TYPES as readonly string[]).includes(event.type);
}

/**
 * Two stretches of a run's history as one, oldest first, each event once.
 * @param one as the coordinator keeps it @param other what has been heard since
 */
export function joinHistory(one: readonly HistoryEvent[], other: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const known = new Set(one.map(({ id }) => id));
  return [...one, ...other.filter(({ id }) => !known.has(id))].slice(-MOST);
}

/** The snapshots of a history, newest first. */
export function snapshotsOf(history: readonly HistoryEvent[]): readonly StoredSnapshot[] {
  return history.filter((event) => event.type === 'snapshot-stored').reverse();
}
