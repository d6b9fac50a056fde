import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { summarizeRun } from '@layerline/checkpoint';
import { UnknownRunError } from '../errors.js';
import { RunUnderWayError } from './errors.js';
import { readRunAbout } from './run-about.js';

/**
 * Removes a run, with its model and snapshots.
 * @param folder of the run
 * @throws UnknownRunError, RunUnderWayError for one that a process is at work on; the file system's error
 */
export async function removeRun(folder: string): Promise<void> {
  const id = basename(folder);
  const found = await summarizeRun(dirname(folder), id);
  if (found === undefined) throw new UnknownRunError(id);
  if (found.writer !== undefined) throw new RunUnderWayError(id);
  // Snapshots may be in a folder that several machines share.
  const about = await readRunAbout(folder).catch(() => undefined);
  const { snapshotDir } = about?.config ?? {};
  if (snapshotDir !== undefined) await rm(join(snapshotDir, id), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}
