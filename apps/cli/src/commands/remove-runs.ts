import type { RunOverview } from '@layerline/api';
import { RunUnderWayError } from '@layerline/coordinator';
import { ConfigError } from '@layerline/plan';
import { whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import type { RunStore } from '../run-store.js';
import { isMeant } from './runs.js';
import type { RunFilter } from './runs.js';

const DAY_MS = 24 * 3600 * 1000;

/** `layerline runs rm RUN…`. @returns the exit code @throws for one that is not there, or under way: then none is removed */
export async function removeRuns(store: RunStore, named: readonly string[]): Promise<number> {
  const chosen: RunOverview[] = [];
  for (const name of named) chosen.push(await store.find(name));
  await removeAll(store, chosen);
  return 0;
}

export interface PruneArguments extends Omit<RunFilter, 'states'> {
  readonly states: readonly string[];
  /** In days; undefined for any. */
  readonly olderThan: number | undefined;
  /** Whether to remove them, and not only to say which they are. */
  readonly yes: boolean;
}

/** `layerline runs prune`. @returns the exit code @throws ConfigError for runs that are under way */
export async function pruneRuns(store: RunStore, { olderThan = 0, yes, ...filter }: PruneArguments): Promise<number> {
  if (filter.states.includes('running'))
    throw new ConfigError('state: a run that is under way is not removed: stop it first');
  const before = Date.now() - olderThan * DAY_MS;
  const chosen = (await store.list()).filter((run) => {
    return isMeant(run, filter) && (olderThan === 0 || Date.parse(run.startedAt ?? '') < before);
  });
  if (!yes) {
    for (const { id, state } of chosen) printLine(`${id}  ${state}`);
    printLine(
      chosen.length === 1
        ? '1 run would go. With --yes it does'
        : `${whole(chosen.length)} runs would go. With --yes they do`,
    );
    return 0;
  }
  await removeAll(store, chosen);
  return 0;
}

async function removeAll(store: RunStore, chosen: readonly RunOverview[]): Promise<void> {
  const busy = chosen.find(({ state }) => state === 'running');
  if (busy !== undefined) throw new RunUnderWayError(busy.id);
  for (const run of chosen) {
    await store.remove(run);
    printLine(`Removed ${run.id}`);
  }
}
