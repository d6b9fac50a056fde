import { AmbiguousRunError } from '@layerline/coordinator';
import { connectionsOf } from './connection.js';
import type { ConnectionOptions } from './connection.js';
import { CoordinatorClient } from './coordinator-client.js';
import { CoordinatorError } from './errors.js';

/**
 * The coordinator that has a run, among all that could be meant.
 * @param run its id or its name, or the beginning or end of its id
 * @throws CoordinatorError if none of them has it, AmbiguousRunError if several runs may be meant
 */
export async function clientFor(
  run: string,
  options: ConnectionOptions,
  principal: 'operator' | 'viewer',
): Promise<CoordinatorClient> {
  const clients = connectionsOf(options, principal).map((connection) => new CoordinatorClient(connection));
  const [only, another] = clients;
  // The only one there is can say for itself that it lacks the run.
  if (only !== undefined && another === undefined) return only;
  const found = await Promise.all(clients.map((client) => foundBy(client, run)));
  // Several may have the run's folder, of which one is at work on it.
  const owners = found.flat().sort((a, b) => Number(b.isUnderWay) - Number(a.isUnderWay));
  const ids = [...new Set(owners.filter(({ isUnderWay }) => isUnderWay === owners[0]?.isUnderWay).map(({ id }) => id))];
  if (ids.length > 1) throw new AmbiguousRunError(run, ids);
  const [owner] = owners;
  if (owner !== undefined) return owner.client;
  throw new CoordinatorError(
    'ERR_UNKNOWN_RUN',
    `None of your ${clients.length} coordinators here has a run ${run}: layerline status --all lists the ones that they have`,
  );
}

/** A run as one coordinator has it; none where it lacks it. @throws CoordinatorError if it has several that may be meant */
async function foundBy(
  client: CoordinatorClient,
  run: string,
): Promise<{ readonly client: CoordinatorClient; readonly id: string; readonly isUnderWay: boolean }[]> {
  try {
    const { id } = await client.runStatus(run);
    const { runs } = await client.status();
    return [{ client, id, isUnderWay: runs.some((each) => each.id === id && each.state !== 'ended') }];
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_AMBIGUOUS_RUN') throw error;
    return [];
  }
}
