import type { RunOverview } from '@layerline/api';
import { dateTime, percent, whole, widthsOf } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';
import type { RunStore } from '../run-store.js';

/** What runs can be sorted by. */
export const RUN_ORDERS = ['started', 'error', 'best', 'speed'] as const;
export type RunOrder = (typeof RUN_ORDERS)[number];
export const RUN_STATES = ['running', 'completed', 'stopped', 'failed', 'died', 'damaged'] as const;

/** Which runs are meant. */
export interface RunFilter {
  /** Only those in one of these states; undefined for all. */
  readonly states?: readonly string[] | undefined;
  readonly objective?: string | undefined;
  /** By the name of their data set. */
  readonly dataset?: string | undefined;
  /** Only those that were started then or later. */
  readonly since?: Date | undefined;
}

export interface RunsArguments extends RunFilter {
  readonly sort: RunOrder;
  /** At most so many. */
  readonly limit: number;
  readonly json: boolean;
}

const ORDERS: Readonly<Record<RunOrder, (a: RunOverview, b: RunOverview) => number>> = {
  // As they are listed: the newest first.
  started: () => 0,
  error: (a, b) => (a.testError ?? Infinity) - (b.testError ?? Infinity) || 0,
  best: (a, b) => (a.bestTestError ?? Infinity) - (b.bestTestError ?? Infinity) || 0,
  speed: (a, b) => (speedOf(b) ?? 0) - (speedOf(a) ?? 0),
};

/** `layerline runs`. @returns the exit code */
export async function runs(store: RunStore, { sort, limit, json, ...filter }: RunsArguments): Promise<number> {
  const found = (await store.list()).filter((run) => isMeant(run, filter));
  const listed = found.toSorted(ORDERS[sort]).slice(0, limit);
  if (json) {
    process.stdout.write(`${JSON.stringify(listed)}\n`);
    return 0;
  }
  if (found.length === 0) {
    printLine(`No runs${inWords(filter)} ${store.place}. Start one: npx layerline train`);
    return 0;
  }
  const heads = [
    ...['run', 'state', 'started', 'network', 'objective', 'seed', 'data set', 'epochs'],
    ...['test error', 'best', 'images/s'],
  ];
  process.stdout.write(table(heads, listed.map(cellsOf)));
  for (const { state, id, failure } of found) if (state === 'damaged') printLine(`${id}: ${failure ?? ''}`);
  if (found.length > listed.length) printLine(`${whole(found.length - listed.length)} more: --limit ${found.length}`);
  return 0;
}

/** Whether a run is one of those that are meant. */
export function isMeant(run: RunOverview, { states, objective, dataset, since }: RunFilter): boolean {
  return (
    (states === undefined || states.includes(run.state)) &&
    (objective === undefined || run.objective === objective) &&
    (dataset === undefined || run.dataset === dataset) &&
    (since === undefined || Date.parse(run.startedAt ?? '') >= since.getTime())
  );
}

function inWords({ states, objective, dataset, since }: RunFilter): string {
  return [
    states === undefined ? '' : ` that are ${states.join(' or ')}`,
    objective === undefined ? '' : ` with the objective ${objective}`,
    dataset === undefined ? '' : ` on ${dataset}`,
    since === undefined ? '' : ` since ${dateTime(since.toISOString())}`,
  ].join('');
}

function speedOf({ result }: RunOverview): number | undefined {
  const speed = result?.['imagesPerSecond'];
  return typeof speed === 'number' ? speed : undefined;
}

function cellsOf(run: RunOverview): string[] {
  const { id, state, startedAt, layers, objective, seed, dataset, epochs, testError, bestTestError } = run;
  const speed = speedOf(run);
  const error = (fraction: number | null): string => (fraction === null ? '' : percent(fraction));
  return [
    ...[id, state, startedAt === null ? '' : dateTime(startedAt)],
    ...[layers === null ? '' : widthsOf(layers), objective ?? '', `${seed ?? ''}`, dataset ?? '', `${epochs ?? ''}`],
    ...[error(testError), error(bestTestError), speed === undefined || speed === 0 ? '' : whole(speed)],
  ];
}
