import { BEFORE_ALL } from '@layerline/api';
import type { CoordinatorClient } from '../client/coordinator-client.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorError } from '../client/errors.js';
import { eventLines } from '../display/event-lines.js';
import { Interruption } from '../interruption.js';
import { locateRun } from '../locate-run.js';
import { folderOf, openArchive } from '../run-lookup.js';

export interface EventsArguments extends ConnectionOptions {
  readonly run: string;
  readonly out: string;
  /** Whether to go on with what is still to come, from the coordinator that has the run. */
  readonly follow: boolean;
}

/**
 * `layerline events RUN`: what is kept of a run's events, a line of JSON each, and with `follow` those that come.
 * @returns the exit code @throws CheckpointError if there is no such run, or none that can be told; CoordinatorError
 */
export async function events({ run, out, follow, ...connection }: EventsArguments): Promise<number> {
  const folder = connection.coordinator === undefined ? await folderOf(run, out) : undefined;
  if (folder !== undefined && (await printKept(folder, follow))) return 0;
  const located = await locateRun(run, out, connection);
  if (located.client !== undefined) return followed(located.id, located.client);
  throw new CoordinatorError(
    'ERR_COORDINATOR',
    `Run ${located.id} is under way, but no coordinator of yours tells of it: leave out --follow for what is kept so far`,
  );
}

/** Prints what is kept in a run's folder. @returns false, and prints nothing, if it is to be followed and is under way */
async function printKept(folder: string, follow: boolean): Promise<boolean> {
  const archive = await openArchive(folder, folder);
  const { last } = archive;
  try {
    if (follow && last === undefined) return false;
    for await (const event of archive.eventsBetween(BEFORE_ALL, archive.lastId)) {
      process.stdout.write(`${JSON.stringify(event)}\n`);
    }
    if (last !== undefined) process.stdout.write(`${JSON.stringify(last)}\n`);
    return true;
  } finally {
    archive.close();
  }
}

async function followed(run: string, client: CoordinatorClient): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  try {
    let isFailed = false;
    for await (const item of eventLines(client.follow(run, interruption.signal, BEFORE_ALL))) {
      if (item.type === 'ended') isFailed = 'error' in item.end;
    }
    return interruption.exitCode ?? Number(isFailed);
  } finally {
    interruption.stop();
  }
}
