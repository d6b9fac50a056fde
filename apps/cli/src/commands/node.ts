import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { serveAsNode } from '@layerline/layer-node';
import { ConfigError } from '@layerline/plan';
import { keptCertificate } from '@layerline/security';
import type { PortRange } from '@layerline/security';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { isLoopback, userFolder } from '../client/coordinators.js';
import { readDatasets } from '../dataset-options.js';
import { thisCommand } from '../display/command-line.js';
import { printLine } from '../display/print-line.js';
import { pathVariable } from '../environment.js';
import { untilInterrupted } from '../interruption.js';
import { checkedName, wholeNumber } from '../option-values.js';
import { readPrograms } from '../program-options.js';
import { VERSION } from '../version.js';

export interface NodeArguments extends ConnectionOptions {
  readonly name?: string;
  readonly slots: string;
  readonly bind?: string;
  readonly advertise?: string;
  readonly dataPorts: string;
  readonly dialOut?: true;
  readonly dataDir?: string;
  readonly dataset?: readonly string[];
  readonly labelColumn?: string;
  readonly program?: readonly string[];
  readonly state?: string;
}

const MOST_SLOTS = 1024;
const MOST_PORT = 65_535;

/** `layerline node`: serves until interrupted. @returns the exit code */
export async function node(given: NodeArguments): Promise<number> {
  const { addresses, trust, token } = connectionOf(given, 'node');
  const ports = portRange(given.dataPorts);
  const programs = readPrograms(given.program);
  const datasets = readDatasets(given.dataset, given.labelColumn);
  const slots = wholeNumber('slots', given.slots, { from: 1, to: MOST_SLOTS });
  const name = checkedName('name', given.name ?? hostname());
  const local = addresses.every((address) => isLoopback(new URL(address).hostname));
  const bind = given.bind ?? (local ? '127.0.0.1' : everyAddress());
  const advertise = given.advertise ?? (local ? '127.0.0.1' : undefined);
  const isSecure = trust !== undefined;
  const folder = given.state ?? join(userFolder(), 'node');
  const certificate = isSecure ? await keptCertificate(folder, [advertise ?? hostname()]) : undefined;
  const ending = new AbortController();
  const exitCode = untilInterrupted().then((code) => {
    ending.abort();
    return code;
  });
  printLine(`Node ${name}, version ${VERSION}: measuring engines`);
  await serveAsNode({
    coordinators: addresses,
    trust,
    token,
    name,
    version: VERSION,
    bind,
    advertise,
    ports,
    certificate,
    dialsOut: given.dialOut === true,
    slots,
    programs,
    dataDirectory: given.dataDir ?? pathVariable('LAYERLINE_DATA'),
    datasets,
    signal: ending.signal,
    say: printLine,
  });
  printLine(
    `Left: runs that it had stages of go on, on other nodes or once there are enough. Join again: ${thisCommand()}`,
  );
  return exitCode;
}

/** The address that stands for all of a machine's: `::` if it has IPv6, as systems then accept IPv4 there too. */
export function everyAddress(interfaces = networkInterfaces()): string {
  const families = Object.values(interfaces).flatMap((addresses = []) => addresses.map(({ family }) => family));
  return families.includes('IPv6') ? '::' : '0.0.0.0';
}

/** `7000-7010`, `7000`, or `any`. @throws ConfigError */
function portRange(text: string): PortRange {
  if (text === 'any') return { from: 0, to: 0 };
  const [from = NaN, to = from] = text.split('-').map((part) => (/^\d+$/.test(part) ? Number(part) : NaN));
  if (from >= 1 && to >= from && to <= MOST_PORT) return { from, to };
  throw new ConfigError(`data-ports: has to be a range of ports such as 7900-7931, or any, not "${text}"`);
}
