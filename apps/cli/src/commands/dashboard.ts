import type { Session } from '@layerline/api';
import { openBrowser } from '../browser.js';
import { connectionsOf } from '../client/connection.js';
import type { Connection, ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { dashboardAddress, tunnelTo } from '../dashboard-address.js';

/** Whom the address is for, and whether to open it. */
export interface DashboardArguments {
  readonly role: Session['principal'];
  readonly open: boolean;
}

/**
 * `layerline dashboard`: prints an address that signs in to each coordinator's dashboard. The user has asked for it, so that it
 * is printed wherever the output goes.
 * @returns the exit code @throws CoordinatorError if there is no dashboard at all
 */
export async function dashboard(connection: ConnectionOptions, { role, open }: DashboardArguments): Promise<number> {
  const connections = connectionsOf(connection, 'operator');
  const found = await Promise.allSettled(connections.map((each) => addressAt(each, role)));
  const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failures = found.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  if (addresses.length === 0) throw failures[0] as Error;
  for (const address of addresses) {
    process.stdout.write(`${address}\n`);
    const tunnel = tunnelTo(address);
    if (tunnel !== undefined) process.stderr.write(`${tunnel}\n`);
    if (open) openBrowser(address);
  }
  return 0;
}

async function addressAt(connection: Connection, role: Session['principal']): Promise<string> {
  const { code, url } = await new CoordinatorClient(connection).invite(role);
  const [coordinator = ''] = connection.addresses;
  return dashboardAddress(coordinator, url, code);
}
