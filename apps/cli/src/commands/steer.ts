import type { Acted, RunAction, RunEnd, RunOrder } from '@layerline/api';
import { RUN_FILES } from '@layerline/checkpoint';
import { RunElsewhereError, RunEndedError } from '@layerline/coordinator';
import { isNamed, NoCoordinatorError } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { clientFor } from '../client/client-for.js';
import type { CoordinatorClient } from '../client/coordinator-client.js';
import { CoordinatorError } from '../client/errors.js';
import { untilEnded, untilStored } from '../client/waits.js';
import type { StoredSnapshot } from '../client/waits.js';
import { percent, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { Interruption } from '../interruption.js';
import { folderOf, openArchive } from '../run-lookup.js';
import { train } from './train.js';

/** Where a run is looked for: at the coordinators that could be meant, and else in the folder of the runs. */
export type Whereabouts = ConnectionOptions & { readonly out: string };

/** What an operator does to a run by the command of that name. `evaluate` is another command's. */
type Steering = Exclude<RunAction, 'evaluate'>;

/** Codes of coordinators that have the run's folder, and take nothing up. */
const TAKES_NOTHING_UP: ReadonlySet<unknown> = new Set(['ERR_SUBMISSIONS_CLOSED', 'ERR_NOTHING_TRAINS']);

/** `layerline pause RUN`. @returns the exit code */
export async function pause(run: string, where: Whereabouts): Promise<number> {
  printLine(saidOf('pause', (await steered('pause', run, {}, where)).acted));
  return 0;
}

/** `layerline stop RUN`. @param how `wait`: until the run has ended @returns the exit code */
export async function stop(
  run: string,
  { now, reason, wait }: { readonly now: boolean; readonly reason: string | undefined; readonly wait: boolean },
  where: Whereabouts,
): Promise<number> {
  const order = { ...(now && { now }), ...(reason !== undefined && { reason }) };
  const { client, acted } = await steered('stop', run, order, where);
  printLine(saidOf('stop', acted));
  return wait
    ? waited(
        (signal) => untilEnded(client, acted, signal),
        (end) => endOf(end, acted),
      )
    : 0;
}

/** `layerline snapshot RUN`. @param how `wait`: until it is whole @returns the exit code */
export async function snapshot(run: string, { wait }: { readonly wait: boolean }, where: Whereabouts): Promise<number> {
  const { client, acted } = await steered('snapshot', run, {}, where);
  if (!wait) printLine(saidOf('snapshot', acted));
  return wait
    ? waited(
        (signal) => untilStored(client, acted, signal),
        (stored) => storedLine(stored, acted),
      )
    : 0;
}

/**
 * `layerline resume RUN`: goes on with a run that is paused, and takes up one that has ended: where its coordinator is, or else
 * here, until it ends.
 * @param how to take it up @param dataDir where its data is now, of a run that goes on here @returns the exit code
 */
export async function resume(
  run: string,
  how: Pick<RunOrder, 'takeOver' | 'fromStart' | 'allowDifferentNumbers'>,
  { dataDir, ...where }: Whereabouts & { readonly dataDir?: string },
): Promise<number> {
  try {
    const client = await clientFor(run, where, 'operator');
    printLine(saidOf('resume', await client.act(run, 'resume', how)));
    if (dataDir !== undefined) printLine('data-dir: it has no effect, as the nodes of a coordinator have their own');
    return 0;
  } catch (error) {
    const isHere = isNowhere(error, where) || TAKES_NOTHING_UP.has((error as { code?: unknown }).code);
    const folder = isHere ? await folderOf(run, where.out) : undefined;
    if (folder === undefined) throw error;
    return train({
      options: { out: where.out, dataDir, allowDifferentNumbers: how.allowDifferentNumbers },
      configFile: undefined,
      from: undefined,
      continues: undefined,
      resume: folder,
      name: undefined,
      takeOver: how.takeOver === true,
      fromStart: how.fromStart === true,
      programs: [],
      dashboard: true,
      open: false,
      json: false,
      events: false,
      quiet: false,
    });
  }
}

/**
 * Has a run's coordinator do something to it.
 * @throws RunEndedError, RunElsewhereError for a run that no coordinator here has, by its folder; CoordinatorError, ConfigError
 */
async function steered(
  action: Steering,
  run: string,
  order: RunOrder,
  where: Whereabouts,
): Promise<{ readonly client: CoordinatorClient; readonly acted: Acted }> {
  try {
    const client = await clientFor(run, where, 'operator');
    return { client, acted: await client.act(run, action, order) };
  } catch (error) {
    if (isNowhere(error, where)) await refuseByFolder(run, where.out);
    throw error;
  }
}

/** Whether no coordinator that could be meant has the run; one that is named is the only one. */
function isNowhere(error: unknown, where: ConnectionOptions): boolean {
  if (isNamed(where)) return false;
  return error instanceof NoCoordinatorError || (error as { code?: unknown }).code === 'ERR_UNKNOWN_RUN';
}

/** @throws RunEndedError, RunElsewhereError if there is such a run in the folder of the runs */
async function refuseByFolder(run: string, out: string): Promise<void> {
  const folder = await folderOf(run, out);
  if (folder === undefined) return;
  const archive = await openArchive(folder, out);
  archive.close();
  const { end } = archive.status();
  if (end === null) throw new RunElsewhereError(archive.id, archive.summary.writer);
  throw new RunEndedError(archive.id, end, archive.stopReason);
}

/** What an action comes to, in words. */
function saidOf(action: Steering, acted: Acted): string {
  const { run, outcome, state, step, snapshot, snapshots } = acted;
  const said = ((): string => {
    switch (action) {
      case 'pause':
        if (state !== 'paused')
          return `is ${state}: it pauses ${outcome === 'already' ? 'already, ' : ''}once it is running`;
        return `${outcome === 'already' ? 'is paused already' : 'is paused after its current batch'}: layerline resume ${run} goes on with it`;
      case 'resume':
        if (outcome === 'revived') return `goes on from ${startOf(snapshot)}: layerline attach ${run} follows it`;
        if (outcome === 'already') return `is ${state} already, and not paused`;
        return state === 'running' ? 'goes on' : `is ${state}, and does not pause any more once it is running`;
      case 'snapshot':
        return `takes a snapshot after its current batch, at step ${step} or later, in ${snapshots}`;
      case 'stop':
        if (outcome === 'already') return 'is being stopped already';
        if (outcome === 'asked') return `ends after its current batch, and stores its model in ${modelOf(acted)}`;
        return `ends at once, without a model: layerline resume ${run} goes on from ${startOf(snapshot, step)}`;
    }
  })();
  return `Run ${run} ${said}`;
}

/** @param step how far the run has come, where that is lost */
function startOf(snapshot: number | null, step?: number): string {
  if (snapshot === null) return 'its beginning, as it has no snapshot';
  const lost = step === undefined || step <= snapshot ? '' : `, ${whole(step - snapshot)} batches back`;
  return `its snapshot at step ${snapshot}${lost}`;
}

function modelOf({ folder }: Acted): string {
  return `${folder}/${RUN_FILES.model}`;
}

/** @throws CoordinatorError where the run has failed, in place of being stopped */
function endOf(end: RunEnd, acted: Acted): string {
  const { run } = acted;
  if ('error' in end) {
    const { code, message } = end.error;
    if (code !== 'ERR_RUN_STOPPED') throw new CoordinatorError(code, message);
    return `Run ${run} has ended, without a model`;
  }
  const { outcome, images, testError } = end.result;
  const error = testError === null ? 'not evaluated yet' : `test error ${percent(testError)}`;
  const how = outcome === 'stopped' ? 'has ended' : 'had come to its end before it was stopped';
  return `Run ${run} ${how}, after ${whole(images)} images: ${error}, model in ${modelOf(acted)}`;
}

function storedLine({ step, parts, seconds }: StoredSnapshot, { run, snapshots }: Acted): string {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const size = `${parts.length} parts, ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s`;
  return `Run ${run} has a snapshot at step ${step}: ${size}, in ${snapshots}`;
}

/** Waits, unless interrupted, and prints what has come of it. @returns the exit code */
async function waited<Outcome>(
  until: (signal: AbortSignal) => Promise<Outcome | undefined>,
  said: (outcome: Outcome) => string,
): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  try {
    const outcome = await until(interruption.signal);
    printLine(outcome === undefined ? 'Not waiting any longer: it goes on without this command' : said(outcome));
    return interruption.exitCode ?? 0;
  } finally {
    interruption.stop();
  }
}
