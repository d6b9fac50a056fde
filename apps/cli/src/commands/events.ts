import { BEFORE_ALL } from '@layerline/api';
import { clientFor } from '../client/client-for.js';
import type { ConnectionOptions } from '../client/connection.js';
import { eventLines } from '../display/event-lines.js';
import { Interruption } from '../interruption.js';
import { openArchive } from '../run-lookup.js';

export interface EventsArguments extends ConnectionOptions {
  readonly run: string;
  readonly out: string;
  /** Whether to go on with what is still to come, from the coordinator that has the run. */
  readonly follow: boolean;
}

/**
 * `layerline events RUN`: what is kept of a run's events, a line of JSON each, and with `follow` those that come.
 * @returns the exit code @throws CheckpointError if there is no such run here, or none that can be told
 */
export async function events({ run, out, follow, ...connection }: EventsArguments): Promise<number> {
  if (connection.coordinator !== undefined) return followed(run, connection);
  const archive = await openArchive(run, out);
  const { summary, last } = archive;
  try {
    if (follow && last === undefined) return await followed(summary.id, connection);
    for await (const event of archive.eventsBetween(BEFORE_ALL, archive.lastId)) {
      process.stdout.write(`${JSON.stringify(event)}\n`);
    }
    if (last !== undefined) process.stdout.write(`${JSON.stringify(last)}\n`);
    return 0;
  } finally {
    archive.close();
  }
}

async function followed(run: string, connection: ConnectionOptions): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  try {
    const client = await clientFor(run, connection, 'viewer');
    let isFailed = false;
    for await (const item of eventLines(client.follow(run, interruption.signal, BEFORE_ALL))) {
      if (item.type === 'ended') isFailed = 'error' in item.end;
    }
    return interruption.exitCode ?? Number(isFailed);
  } finally {
    interruption.stop();
  }
}
