import { basename, resolve } from 'node:path';
import { CheckpointError } from '@layerline/checkpoint';
import { idAmong } from '@layerline/coordinator';
import { knownConnections } from './client/connection.js';
import type { ConnectionOptions } from './client/connection.js';
import { CoordinatorClient } from './client/coordinator-client.js';
import { CoordinatorError } from './client/errors.js';
import { folderOf } from './run-lookup.js';

/** A run, and who tells of it: the coordinator that has it, or else its folder. */
export type LocatedRun =
  | { readonly id: string; readonly client: CoordinatorClient }
  | { readonly id: string; readonly client?: never; readonly folder: string };

/**
 * Finds a run by its folder, its id, or the beginning or the end of that: at a coordinator that has it under way, or in the
 * folder `root`, or among those that a coordinator shows. With `--coordinator`, only that one is asked.
 * @throws CheckpointError if there is no such run, or several are meant; CoordinatorError
 */
export async function locateRun(run: string, root: string, connection: ConnectionOptions): Promise<LocatedRun> {
  const folder = connection.coordinator === undefined ? await folderOf(run, root) : undefined;
  const name = folder === undefined ? run : basename(resolve(folder));
  const clients = knownConnections(connection, 'viewer').map((known) => new CoordinatorClient(known));
  const asked = await Promise.allSettled(clients.map((client) => client.status()));
  for (const [place, answer] of asked.entries()) {
    const client = clients[place];
    if (answer.status === 'rejected' || client === undefined) continue;
    const { runs, earlier } = answer.value;
    const id = idAmong(
      name,
      [...runs, ...(folder === undefined ? earlier : [])].map((each) => each.id),
    );
    if (id !== undefined) return { id, client };
  }
  if (folder !== undefined) return { id: name, folder };
  // Whoever could not be asked may have it.
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (connection.coordinator !== undefined) {
    throw new CoordinatorError(
      'ERR_UNKNOWN_RUN',
      `This coordinator has no run ${run}: layerline runs --coordinator lists the ones that it has`,
    );
  }
  throw new CheckpointError(
    `There is no run ${run}: neither a run's folder nor an id in ${root}, nor one of a coordinator of yours. See: npx layerline runs`,
  );
}
