import type { RunList } from '@layerline/api';

/** A run that can be chosen. */
export interface ListedRun {
  readonly id: string;
  /** In a word. */
  readonly state: string;
}

/** All runs, newest first, as their ids begin with the time at which they began. */
export function listRuns({ runs, earlier }: Pick<RunList, 'runs' | 'earlier'>): ListedRun[] {
  const all = [...runs, ...earlier].map(({ id, state }) => ({ id, state }));
  return [...new Map(all.map((run) => [run.id, run])).values()].sort((one, other) => (one.id < other.id ? 1 : -1));
}
