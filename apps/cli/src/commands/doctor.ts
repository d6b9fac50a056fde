import { statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { freemem } from 'node:os';
import type { NodeStatus } from '@layerline/api';
import { describeDatasets } from '@layerline/datasets';
import { enginesHere } from '@layerline/layer-node';
import { coresHere, memoryHere } from '@layerline/process';
import pc from 'picocolors';
import { connectionOf } from '../client/connection.js';
import type { Connection, ConnectionOptions } from '../client/connection.js';
import { isLoopback } from '../client/coordinators.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { whole } from '../display/format.js';
import { widthOf, wrapped } from '../display/output.js';
import { printableLine } from '../display/printable.js';
import { pathVariable } from '../environment.js';
import { VERSION } from '../version.js';

const GIGABYTE = 1e9;
const LEAST_MEMORY_BYTES = GIGABYTE;
const LEAST_DISK_BYTES = 2 * GIGABYTE;
/** Clocks that differ by more than this make logs of several machines hard to read. No results depend on them. */
const MOST_CLOCK_OFFSET_MS = 2_000;
const DIAL_DEADLINE_MS = 5_000;
/** Dialled if a node's stages take any free port: the first of the dynamic ports (RFC 6335). */
const ANY_PORT = 49_152;

/** The outcome of a check. */
export interface Finding {
  readonly check: string;
  readonly verdict: 'good' | 'warning' | 'bad';
  readonly found: string;
  /** What to do, if anything. */
  readonly advice?: string;
}

/** `layerline doctor`: checks this machine and its path to the coordinator. @returns the exit code: 1 if any check is bad */
export async function doctor(
  connection: ConnectionOptions,
  options: { readonly dataDir?: string; readonly out: string; readonly json: boolean },
): Promise<number> {
  const dataDirectory = options.dataDir ?? pathVariable('LAYERLINE_DATA');
  const findings = [await engine(), memory(), await disk(options.out), await data(dataDirectory)];
  findings.push(...(await surroundings(connection)));
  if (options.json) process.stdout.write(`${JSON.stringify(findings)}\n`);
  else process.stdout.write(wrapped(findings.map(describe).join(''), widthOf(process.stdout)));
  return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
}

async function engine(): Promise<Finding> {
  const check = `engine, Node.js ${process.versions.node}, ${coresHere()} ${coresHere() === 1 ? 'core' : 'cores'}`;
  const [best] = await enginesHere();
  if (best === undefined) {
    return { check, verdict: 'bad', found: 'none works', advice: 'layerline engines shows why' };
  }
  const { backend, version, millisecondsPerStep = 0 } = best;
  const found = `${backend} ${version}, ${millisecondsPerStep.toFixed(1)} ms for a step of 500 × 500 units`;
  if (backend.startsWith('onnx/') || backend === 'tfjs/tensorflow') return { check, verdict: 'good', found };
  return {
    check,
    verdict: 'warning',
    found,
    advice: 'this engine is slow: layerline engines says why faster ones do not work',
  };
}

function memory(): Finding {
  const allowed = memoryHere();
  const free = Math.min(freemem(), allowed);
  const found = `${gigabytes(free)} free of ${gigabytes(allowed)}`;
  if (free >= LEAST_MEMORY_BYTES) return { check: 'memory', verdict: 'good', found };
  return {
    check: 'memory',
    verdict: 'warning',
    found,
    advice: 'a stage takes about 200 MB and 6 × the size of its weights: give the node few --slots',
  };
}

async function disk(folder: string): Promise<Finding> {
  const check = `disk at ${folder}`;
  try {
    const { bavail, bsize } = await statfs(folder);
    const found = `${gigabytes(bavail * bsize)} free`;
    if (bavail * bsize >= LEAST_DISK_BYTES) return { check, verdict: 'good', found };
    const advice = 'the two newest snapshots take 24 bytes for each weight on the coordinator: free some space there';
    return { check, verdict: 'warning', found, advice };
  } catch (error) {
    return { check, verdict: 'bad', found: (error as Error).message, advice: 'name an existing folder with --out' };
  }
}

async function data(dataDirectory: string | undefined): Promise<Finding> {
  const sets = await describeDatasets({ dataDirectory });
  const present = sets.filter(({ present }) => present).map(({ name }) => name);
  const problem = sets.find(({ problem }) => problem !== undefined)?.problem;
  const found = present.join(', ');
  if (problem === undefined) return { check: 'data sets', verdict: 'good', found };
  return { check: 'data sets', verdict: 'warning', found, advice: problem };
}

/** The coordinator, its version and clock, and the nodes that would be neighbours. */
async function surroundings(connection: ConnectionOptions): Promise<Finding[]> {
  try {
    const reached = connectionOf(connection, 'node');
    const client = new CoordinatorClient(reached);
    const before = Date.now();
    const { version, time } = await client.health();
    const after = Date.now();
    const { nodes } = await client.status();
    const place: Finding = {
      check: 'coordinator',
      verdict: 'good',
      found: `${reached.addresses.join()} answers within ${after - before} ms`,
    };
    return [
      place,
      versions(version),
      clock(time - (before + after) / 2),
      ...(await Promise.all(nodes.map((node) => neighbour(node, isHere(reached))))),
    ];
  } catch (error) {
    const advice = 'start it, or give --coordinator, --token-file and --fingerprint as it printed them when it started';
    return [{ check: 'coordinator', verdict: 'bad', found: (error as Error).message, advice }];
  }
}

function versions(theirs: string): Finding {
  const check = 'version';
  if (theirs === VERSION) return { check, verdict: 'good', found: VERSION };
  const advice = 'install the same version on all machines';
  return { check, verdict: 'bad', found: `the coordinator has ${theirs}, this machine ${VERSION}`, advice };
}

function clock(offset: number): Finding {
  const check = 'clock';
  const found = `${whole(Math.abs(offset))} ms ${offset < 0 ? 'ahead of' : 'behind'} the coordinator`;
  if (Math.abs(offset) <= MOST_CLOCK_OFFSET_MS) return { check, verdict: 'good', found };
  return {
    check,
    verdict: 'warning',
    found,
    advice: 'only the times in logs are affected: synchronize the machine with a time server',
  };
}

/** Whether a coordinator is on this machine, as far as its addresses tell. */
function isHere({ addresses }: Connection): boolean {
  return addresses.some((address) => isLoopback(new URL(address).hostname));
}

/**
 * Whether a node's machine answers on a stage's port: an accepted connection and a refused one both show that it does.
 * @param isHere whether the coordinator, and so perhaps every node, is on this machine
 */
async function neighbour({ name, host, dialsOut, ports }: NodeStatus, isHere: boolean): Promise<Finding> {
  const check = `way to ${name}`;
  if (isLoopback(host) && !isHere) {
    const found = `it gives ${host} as its address, which means each machine itself`;
    return {
      check,
      verdict: 'bad',
      found,
      advice: `restart ${name} with --advertise and an address that other machines can reach`,
    };
  }
  const port = ports.from === 0 ? ANY_PORT : ports.from;
  if (dialsOut) return { check, verdict: 'good', found: 'none needed: its stages dial out' };
  const reason = await dialReason(host, port);
  if (reason === undefined) return { check, verdict: 'good', found: `${host} answers on port ${port}` };
  const range = ports.from === 0 ? 'all ports (or give it --data-ports)' : `ports ${ports.from}-${ports.to}`;
  const advice = `let this machine connect to ${host} on ${range}, or give that node --dial-out`;
  return { check, verdict: 'bad', found: `${host}:${port} does not answer: ${reason}`, advice };
}

function dialReason(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: DIAL_DEADLINE_MS });
    const settle = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle('no reply: a firewall may be dropping the packets'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code === 'ECONNREFUSED' ? undefined : error.message);
    });
  });
}

function describe({ check, verdict, found, advice }: Finding): string {
  const mark = { good: pc.green('good'), warning: pc.yellow('warning'), bad: pc.red('bad') }[verdict];
  const what = `${mark} ${printableLine(check)}: ${printableLine(found)}\n`;
  return advice === undefined ? what : `${what}     ${printableLine(advice)}\n`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}
