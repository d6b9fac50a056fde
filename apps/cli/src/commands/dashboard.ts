import { basename, dirname, resolve } from 'node:path';
import type { Session } from '@layerline/api';
import { listRuns, summarizeRun } from '@layerline/checkpoint';
import { showRuns } from '@layerline/coordinator';
import { ConfigError } from '@layerline/plan';
import { openBrowser } from '../browser.js';
import { connectionsOf } from '../client/connection.js';
import type { Connection, ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { dashboardAddress, tunnelTo } from '../dashboard-address.js';
import { untilInterrupted } from '../interruption.js';
import { addressOf, newAuthority, serverOn } from '../loopback.js';
import { VERSION } from '../version.js';
import { printLine } from '../display/print-line.js';

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
  for (const address of addresses) show(address, open);
  return 0;
}

/**
 * `layerline dashboard --runs`: serves the dashboard for a folder of runs in which nothing trains, until interrupted. There is
 * nothing to operate, so that the address is a viewer's.
 * @param root the folder @param port to listen on; 0 for any free one @param open whether to open it in the browser
 * @returns the exit code @throws ConfigError if there is nothing to show, CheckpointError, ListenError
 */
export async function dashboardOfRuns(
  root: string,
  { port, open }: { readonly port: number; readonly open: boolean },
): Promise<number> {
  await refuseNoRuns(root);
  const coordinator = showRuns({ version: VERSION, root, authority: newAuthority(), server: serverOn(port, true) });
  await coordinator.start();
  show(dashboardAddress(addressOf(coordinator), undefined, coordinator.codes.issue('viewer')), open);
  process.stderr.write(`Showing the runs in ${root}, until Ctrl-C\n`);
  const end = await untilInterrupted();
  coordinator.stop();
  return end;
}

/** @throws ConfigError */
async function refuseNoRuns(root: string): Promise<void> {
  if ((await listRuns(root)).length > 0) return;
  const path = resolve(root);
  const isRun = (await summarizeRun(dirname(path), basename(path))) !== undefined;
  throw new ConfigError(
    isRun
      ? `runs: ${root} is the folder of one run: give the folder that it is in, ${dirname(path)}`
      : `runs: there are no runs in ${root}: give the folder that layerline train --out has put them in, by default ./runs`,
  );
}

function show(address: string, open: boolean): void {
  printLine(address);
  const tunnel = tunnelTo(address);
  if (tunnel !== undefined) process.stderr.write(`${tunnel}\n`);
  if (open) openBrowser(address);
}

async function addressAt(connection: Connection, role: Session['principal']): Promise<string> {
  const { code, url } = await new CoordinatorClient(connection).invite(role);
  const [coordinator = ''] = connection.addresses;
  return dashboardAddress(coordinator, url, code);
}
