import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Coordinator } from '@layerline/coordinator';
import type { DashboardOptions } from '@layerline/coordinator';
import { ConfigError } from '@layerline/plan';
import { Authority, bracketed, keptCertificate, keptToken, PRINCIPALS, readCertificate } from '@layerline/security';
import type { Certificate, Principal } from '@layerline/security';
import { stateFolder, tokenFile } from '../client/connection.js';
import { announce, isLoopback } from '../client/coordinators.js';
import { showDashboard } from '../dashboard-address.js';
import { ActivityLog } from '../display/activity-log.js';
import { thisCommand } from '../display/command-line.js';
import { printLine } from '../display/print-line.js';
import { untilInterrupted } from '../interruption.js';
import { PORTS, wholeNumber } from '../option-values.js';
import { PAGE } from '../page.js';
import { VERSION } from '../version.js';

export interface CoordinatorArguments {
  readonly host: string;
  readonly port: string;
  readonly advertise?: string;
  readonly tls?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: true;
  readonly metricsPort?: string;
  readonly metricsHost: string;
  readonly state?: string;
  readonly takeOver?: true;
  readonly dashboard: boolean;
  readonly dashboardUrl?: string;
  readonly open?: true;
  readonly out: string;
}

/** They stand for all addresses of a machine, and cannot be dialled from others. */
const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** `layerline coordinator`: serves until interrupted. @returns the exit code */
export async function serveAsCoordinator(given: CoordinatorArguments): Promise<number> {
  const { host, advertise = host, out } = given;
  const port = wholeNumber('port', given.port, PORTS);
  const metrics =
    given.metricsPort === undefined
      ? undefined
      : { host: given.metricsHost, port: wholeNumber('metrics-port', given.metricsPort, PORTS) };
  // The coordinator would go by that name, and refuse everyone who uses another.
  if (ALL_ADDRESSES.has(advertise)) {
    throw new ConfigError(
      `host: ${advertise} stands for all addresses of this machine: name the one that others use with --advertise`,
    );
  }
  const dashboard = dashboardOf(given);
  await refuseOwnName(advertise);
  const folder = given.state ?? stateFolder();
  const certificate = await certificateOf(given, folder, [host, advertise]);
  const tokens = Object.fromEntries(
    PRINCIPALS.map((principal) => [principal, keptToken(tokenFile(folder, principal))]),
  ) as Record<Principal, string>;
  const names = dashboard?.url === undefined ? [] : [plainHost(dashboard.url)];
  const authority = new Authority(tokens, [host, advertise, ...names]);
  const server = { host, port, certificate, dashboard };
  const coordinator = new Coordinator({ server, metrics, authority, version: VERSION, root: out });
  await coordinator.start();
  const address = `${certificate === undefined ? 'ws' : 'wss'}://${bracketed(advertise)}:${coordinator.port}`;
  const fingerprint = certificate?.fingerprint;
  const leave = announce({ kind: 'cluster', address, ...(fingerprint && { fingerprint }), tokens }, printLine);
  for (const line of welcome(address, fingerprint, folder, out)) printLine(line);
  if (metrics !== undefined) printLine(`Metrics: http://${bracketed(metrics.host)}:${coordinator.metricsPort}/metrics`);
  const showing = { isTerminal: process.stdout.isTTY, open: given.open === true, say: printLine };
  showDashboard(coordinator, address, showing);
  const leaving = new AbortController();
  const logged = logActivity(coordinator, new ActivityLog(printLine), leaving.signal);
  for (const failure of await coordinator.runs.adopt({ takeOver: given.takeOver === true })) printLine(failure);
  const end = await Promise.race([untilInterrupted(), coordinator.runs.fenced]);
  // What ends from here on does so because the coordinator stops.
  leaving.abort();
  const underWay = coordinator.runs.all.filter(({ last }) => last === undefined);
  await logged;
  leave();
  coordinator.stop();
  if (end instanceof Error) throw end;
  for (const line of farewell(underWay.length)) printLine(line);
  return end;
}

/** Prints what happens until the signal is aborted. */
async function logActivity({ activity }: Coordinator, log: ActivityLog, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const each of activity.follow(signal)) log.add(each);
    } catch (error) {
      printLine((error as Error).message);
    }
  }
  log.flush();
}

/** The dashboard that is to be served, if any. @throws ConfigError for what is not the address of one */
function dashboardOf({ dashboard, dashboardUrl: url }: CoordinatorArguments): DashboardOptions | undefined {
  if (!dashboard) return undefined;
  if (url === undefined) return { page: PAGE };
  const { protocol, pathname, search, hash } = URL.canParse(url) ? new URL(url) : new URL('none:');
  if (!['http:', 'https:'].includes(protocol) || pathname !== '/' || search !== '' || hash !== '') {
    throw new ConfigError(`dashboard-url: "${url}" has to be like https://name/, without a path`);
  }
  return { page: PAGE, url: new URL(url).href };
}

/** The name or address of an URL's host: IPv6 without brackets, as certificates and `--host` have it. */
function plainHost(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Many systems resolve a machine's own name to a loopback address such as 127.0.1.1, on which the coordinator would listen:
 * other machines resolve the name to a different address, where nothing does.
 * @throws ConfigError
 */
async function refuseOwnName(name: string): Promise<void> {
  if (isLoopback(name) || isIP(name) !== 0) return;
  const found = await lookup(name, { all: true }).catch(() => []);
  if (found.length === 0 || !found.every(({ address }) => isLoopback(address))) return;
  throw new ConfigError(
    `host: on this machine, ${name} is ${found.map(({ address }) => address).join(', ')}, which no other machine can reach: ` +
      'give an address that they can reach with --host, or with both --host and --advertise',
  );
}

/** @throws ConfigError if the address calls for TLS and there is no certificate */
async function certificateOf(
  { host, tls, tlsCert, tlsKey, insecure }: CoordinatorArguments,
  folder: string,
  names: readonly string[],
): Promise<Certificate | undefined> {
  if (tlsCert !== undefined) return readCertificate(tlsCert, tlsKey ?? tlsCert, printLine);
  if (tls === 'self-signed') return keptCertificate(folder, [...new Set(names)]);
  if (isLoopback(host) || insecure === true) return undefined;
  throw new ConfigError(
    `host: ${host} can be reached by other machines: use --tls self-signed, or --tls-cert and --tls-key with your own ` +
      'certificate, or --insecure on a network that you trust',
  );
}

/** What goes on without the coordinator, and how to come back. @param underWay how many runs */
function farewell(underWay: number): string[] {
  const runs = underWay === 1 ? '1 run that is under way goes' : `${underWay} runs that are under way go`;
  return [
    'Stopped: nodes end their stages, and join again when a coordinator is started here again',
    ...(underWay === 0 ? [] : [`Then ${runs} on, from the newest snapshot`]),
    `Start it again: ${thisCommand()}`,
  ];
}

/** What the user needs to know, and to do next. */
function welcome(address: string, fingerprint: string | undefined, folder: string, out: string): string[] {
  const pin = fingerprint === undefined ? '' : ` --fingerprint ${fingerprint}`;
  const { protocol, hostname } = new URL(address);
  const insecure = protocol === 'ws:' && !isLoopback(hostname) ? ' --insecure' : '';
  return [
    `Coordinator ${VERSION} at ${address}, runs in ${out}`,
    `Tokens: ${PRINCIPALS.map((principal) => tokenFile(folder, principal)).join(', ')}`,
    `On each machine that is to compute, with the file ${tokenFile(folder, 'node')} copied there:`,
    `  layerline node --coordinator ${address}${pin}${insecure} --token-file node.token`,
    `To train, here: layerline train --coordinator${insecure}`,
  ];
}
