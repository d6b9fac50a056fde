import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CheckpointError, readRunState, RUN_FILES, summarizeRun, writerOf } from '@layerline/checkpoint';
import { idAmong, readRunAbout, RunArchive, RunBusyError } from '@layerline/coordinator';
import { DownloadError, resolveDataset } from '@layerline/datasets';
import type { Plan, RunConfig } from '@layerline/plan';
import { pathVariable } from './environment.js';
import { runsFolder } from './run-options.js';

/**
 * Finds a run by its folder, by its id or its name below `root`, or by the beginning or the end of an id that no other has, and
 * reads how it was set up.
 * @throws CheckpointError if there is no such run, AmbiguousRunError if several are meant
 */
export async function findRun(
  nameOrFolder: string,
  root: string,
): Promise<{ folder: string; config: RunConfig; plan: Plan }> {
  const folder = await folderOf(nameOrFolder, root);
  if (folder === undefined) {
    throw new CheckpointError(
      `There is no run ${nameOrFolder}: neither a run's folder nor an id in ${root}. See: npx layerline runs`,
    );
  }
  return { folder, ...(await readRunAbout(folder)) };
}

/** The folder of a run, as {@link findRun} finds it; undefined where there is none. @throws AmbiguousRunError */
export async function folderOf(nameOrFolder: string, root: string): Promise<string | undefined> {
  const isRun = (path: string): boolean => existsSync(join(path, RUN_FILES.config));
  const exact = [nameOrFolder, join(root, nameOrFolder)].find(isRun);
  if (exact !== undefined || /[/\\]/.test(nameOrFolder)) return exact;
  const ids = await readdir(root).catch((): string[] => []);
  const runs = ids.filter((id) => isRun(join(root, id)));
  const id = idAmong(nameOrFolder, runs);
  return id === undefined ? undefined : join(root, id);
}

/**
 * The settings of a run that is named, undefined where none is. @param out folder of the runs, as the user wrote it
 * @throws CheckpointError as {@link findRun}
 */
export async function configOf(
  run: string | undefined,
  out: string | boolean | undefined,
): Promise<RunConfig | undefined> {
  if (run === undefined) return undefined;
  return (await findRun(run, runsFolder(out))).config;
}

/** Opens the record of a run, as {@link findRun} finds it. The caller closes it. @throws CheckpointError as that */
export async function openArchive(nameOrFolder: string, root: string): Promise<RunArchive> {
  const folder = resolve((await findRun(nameOrFolder, root)).folder);
  const summary = await summarizeRun(dirname(folder), basename(folder));
  if (summary === undefined) throw new CheckpointError(`${folder} is not the folder of a run: it has no state.json`);
  return RunArchive.open(summary);
}

/**
 * Checks that a run can be resumed.
 * @param takeOver even if a process seems to be at work on it
 * @throws RunBusyError if one is and `takeOver` is not set, CheckpointError if the run is completed
 */
export async function checkResumable(folder: string, takeOver: boolean): Promise<void> {
  const writer = await writerOf(folder);
  if (writer !== undefined && !takeOver) throw new RunBusyError(basename(folder), writer);
  if ((await readRunState(folder)).state === 'completed') {
    throw new CheckpointError(
      `${folder} has completed: there is nothing left to do. layerline train --continue ${folder} trains its model further`,
    );
  }
}

/**
 * Where the data of a run is now: in the place that the user names, or else in the one that it was trained from. That may have
 * been a node's, on another machine; the data is then looked for here as for a new run.
 * @throws CheckpointError if it is in neither place and cannot be fetched, or is other data
 */
export async function dataOf({ dataset, data }: Plan, moved: string | undefined): Promise<Plan['dataset']> {
  if ('seed' in dataset) return dataset;
  const before = 'path' in dataset ? dataset.path : dataset.directory;
  if (moved === undefined && existsSync(before)) return dataset;
  const gone = `${before}, which this run has its ${dataset.name} from, is not there any more: say where it is now with --data-dir`;
  if ('path' in dataset) {
    if (moved === undefined) throw new CheckpointError(gone);
    const { reference, summary } = await resolveDataset(moved, { read: dataset.read });
    if (summary.sha256 === data.sha256) return reference;
    throw new CheckpointError(`${moved} is not what this run has learned from: its content has another hash`);
  }
  const dataDirectory = moved ?? pathVariable('LAYERLINE_DATA');
  try {
    return (await resolveDataset(dataset.name, { dataDirectory })).reference;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new CheckpointError(gone, { cause: error });
  }
}
