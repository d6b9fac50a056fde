import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TEST_ERROR, VALIDATION_ERROR } from '@layerline/api';
import type { TrainResult } from '@layerline/api';
import { CheckpointError, listRuns } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import { readRunAbout } from '@layerline/coordinator';
import type { RunConfig } from '@layerline/plan';
import { ConfigError } from '@layerline/plan';
import { dateTime, duration, percent, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { printable } from '../display/printable.js';
import { table } from '../display/table.js';
import { findRun, openArchive } from '../run-lookup.js';

/** What runs can be sorted by. */
export const RUN_ORDERS = ['started', 'error', 'speed'] as const;
export type RunOrder = (typeof RUN_ORDERS)[number];
export const RUN_STATES = ['running', 'completed', 'stopped', 'failed', 'died', 'damaged'] as const;

export interface RunsArguments {
  /** Folder of the runs. */
  readonly out: string;
  /** Only those in one of these states; undefined for all. */
  readonly states: readonly string[] | undefined;
  readonly sort: RunOrder;
  /** At most so many. */
  readonly limit: number;
  readonly json: boolean;
}

/** A run with what it was set up as, as far as that can be read. */
interface ListedRun {
  readonly summary: RunSummary;
  readonly result: Partial<TrainResult>;
  readonly config: RunConfig | undefined;
}

type Sortable = Pick<ListedRun, 'summary' | 'result'>;

const ORDERS: Readonly<Record<RunOrder, (a: Sortable, b: Sortable) => number>> = {
  // As they are listed: the newest first.
  started: () => 0,
  error: (a, b) => (a.result.testError ?? Infinity) - (b.result.testError ?? Infinity) || 0,
  speed: (a, b) => (b.result.imagesPerSecond ?? 0) - (a.result.imagesPerSecond ?? 0),
};

/** `layerline runs`. @returns the exit code */
export async function runs({ out, states, sort, limit, json }: RunsArguments): Promise<number> {
  const found = (await listRuns(out)).filter(({ state }) => states === undefined || states.includes(state));
  const sorted = found
    .map((summary) => ({ summary, result: resultOf(summary) }))
    .sort(ORDERS[sort])
    .slice(0, limit);
  if (json) {
    process.stdout.write(`${JSON.stringify(sorted.map(({ summary }) => summary))}\n`);
    return 0;
  }
  if (found.length === 0) {
    const which = states === undefined ? '' : ` that are ${states.join(' or ')}`;
    printLine(`No runs${which} in ${out}. Start one: npx layerline train`);
    return 0;
  }
  const listed = await Promise.all(sorted.map(async (each) => ({ ...each, config: await configOf(each.summary) })));
  const heads = [
    'run',
    'state',
    'started',
    'network',
    'objective',
    'seed',
    'data set',
    'epochs',
    'test error',
    'images/s',
  ];
  process.stdout.write(printable(table(heads, listed.map(cellsOf))));
  for (const { state, id, failure = '' } of found) if (state === 'damaged') printLine(`${id}: ${failure}`);
  if (found.length > listed.length) printLine(`${whole(found.length - listed.length)} more: --limit ${found.length}`);
  return 0;
}

function resultOf({ result }: RunSummary): Partial<TrainResult> {
  return result ?? {};
}

async function configOf({ folder, state }: RunSummary): Promise<RunConfig | undefined> {
  if (state === 'damaged') return undefined;
  return readRunAbout(folder).then(
    ({ config }) => config,
    () => undefined,
  );
}

function cellsOf({ summary: { id, state, startedAt }, result, config }: ListedRun): string[] {
  const { dataset, epochs, testError, imagesPerSecond } = result;
  return [
    ...[id, state, startedAt === undefined ? '' : dateTime(startedAt)],
    ...[config?.layers.join('-') ?? '', config?.objective ?? '', `${config?.seed ?? ''}`],
    ...[dataset ?? config?.dataset ?? '', String(epochs ?? '')],
    testError === undefined || testError === null ? '' : percent(testError),
    imagesPerSecond ? whole(imagesPerSecond) : '',
  ];
}

/** `layerline runs show RUN`. @returns the exit code @throws CheckpointError */
export async function showRun({ run, out, json }: { run: string; out: string; json: boolean }): Promise<number> {
  const archive = await openArchive(run, out);
  try {
    const { summary, config, plan, index } = archive;
    const result = resultOf(summary);
    const errors = [TEST_ERROR, VALIDATION_ERROR].map(({ name }) => Array.from(index.points(name).value));
    const [tested = [], held = []] = errors;
    const best = tested.length === 0 ? undefined : Math.min(...tested);
    if (json) {
      process.stdout.write(`${JSON.stringify({ ...summary, config, testErrors: tested, validationErrors: held })}\n`);
      return 0;
    }
    const line = (name: string, value: string | undefined): string[][] => (value === undefined ? [] : [[name, value]]);
    const rows = [
      ...line('run', summary.id),
      ...line('folder', summary.folder),
      ...line('state', summary.failure === undefined ? summary.state : `${summary.state}: ${summary.failure}`),
      ...line('stopped because', summary.stopReason),
      ...line('started', summary.startedAt && dateTime(summary.startedAt)),
      ...line('ended', summary.endedAt && dateTime(summary.endedAt)),
      ...line('network', plan.layers.map(({ units }) => units).join('-')),
      ...line('epochs', `${result.epochs ?? '?'} of ${plan.epochs}`),
      ...line(
        'test error',
        tested.length === 0 ? undefined : `${percent(tested.at(-1) ?? 0)}, the best ${percent(best ?? 0)}`,
      ),
      ...line('validation error', held.length === 0 ? undefined : percent(held.at(-1) ?? 0)),
      ...line('training took', result.trainSeconds === undefined ? undefined : duration(result.trainSeconds)),
      ...line('weights', result.weightsSha256),
    ];
    const settings = Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    process.stdout.write(printable(table(['what', 'value'], rows)));
    process.stdout.write(`\n${printable(table(['setting', 'value'], settings))}`);
    return 0;
  } finally {
    archive.close();
  }
}

/** `layerline runs rm RUN…`. @returns the exit code @throws CheckpointError for one that is not there, or under way */
export async function removeRuns({ runs: named, out }: { runs: readonly string[]; out: string }): Promise<number> {
  const all = await listRuns(out);
  const chosen: RunSummary[] = [];
  for (const name of named) {
    // One that is damaged can be removed, too.
    const byName = all.find(({ id, folder }) => id === name || resolve(folder) === resolve(name));
    chosen.push(byName ?? (await listedAs((await findRun(name, out)).folder, all)));
  }
  await removeAll(chosen);
  return 0;
}

async function listedAs(folder: string, all: readonly RunSummary[]): Promise<RunSummary> {
  const found = all.find((each) => resolve(each.folder) === resolve(folder));
  if (found === undefined) throw new CheckpointError(`${folder} is not in the folder of runs: name that with --out`);
  return found;
}

export interface PruneArguments {
  readonly out: string;
  readonly states: readonly string[];
  /** In days; undefined for any. */
  readonly olderThan: number | undefined;
  /** Whether to remove them, and not only to say which they are. */
  readonly yes: boolean;
}

const DAY_MS = 24 * 3600 * 1000;

/** `layerline runs prune`. @returns the exit code */
export async function pruneRuns({ out, states, olderThan = 0, yes }: PruneArguments): Promise<number> {
  if (states.includes('running')) throw new ConfigError('state: a run that is under way is not removed: stop it first');
  const before = Date.now() - olderThan * DAY_MS;
  const chosen = (await listRuns(out)).filter(({ state, startedAt }) => {
    return states.includes(state) && (olderThan === 0 || Date.parse(startedAt ?? '') < before);
  });
  if (!yes) {
    for (const { id, state } of chosen) printLine(`${id}  ${state}`);
    printLine(`${whole(chosen.length)} runs would go. With --yes they do`);
    return 0;
  }
  await removeAll(chosen);
  return 0;
}

async function removeAll(chosen: readonly RunSummary[]): Promise<void> {
  const busy = chosen.find(({ writer }) => writer !== undefined);
  if (busy !== undefined)
    throw new CheckpointError(`${busy.id} is under way: layerline stop ${busy.id} ends it. Nothing was removed`);
  for (const summary of chosen) {
    const { folder, id } = summary;
    // Snapshots may be in a folder that several machines share.
    const { snapshotDir } = (await configOf(summary)) ?? {};
    if (snapshotDir !== undefined) await rm(join(snapshotDir, id), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
    printLine(`Removed ${id}`);
  }
}
