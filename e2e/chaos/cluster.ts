import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { offering, WAYS } from '../test/support/hostile.js';
import type { Door } from '../test/support/hostile-node.js';
import type { Host } from '../test/support/hosts.js';
import { PROGRAM } from '../test/support/layerline.js';
import { until } from '../test/support/processes.js';
import { snapshotSteps } from '../test/support/run-folder.js';
import { freePort } from '../test/support/system.js';
import { ask } from './request.js';
import type { Answer } from './request.js';

const LOOPBACK = '127.0.0.1';
const SLOTS = 4;
const UNRELIABLE = fileURLToPath(new URL('../../chaos/unreliable.mjs', import.meta.url));
const START_DEADLINE_MS = 120_000;
const STANDING_DEADLINE_MS = 240_000;
const POLL_INTERVAL_MS = 50;

/** What the coordinator tells of a run, as far as faults and verdicts go by it. */
export interface RunStanding {
  readonly id: string;
  readonly state: string;
  readonly images: number;
  readonly imagesInAll: number;
  readonly incarnation: number;
  readonly generation: number;
  readonly bottleneck: string | null;
  readonly end: {
    readonly result?: { readonly weightsSha256: string };
    readonly error?: { readonly message: string };
  } | null;
  readonly processes: readonly { readonly stage: string; readonly node: string; readonly pid: number }[];
  readonly notices: readonly { readonly at: string; readonly sentence: string }[];
  readonly operation: { readonly state: string } | null;
}

interface Status {
  readonly version: string;
  readonly nodes: readonly { readonly name: string }[];
}

/** Machines of their own, for what cannot be done to one that others need. */
export interface Surroundings {
  /** The coordinator's. */
  readonly centre: Host;
  /** One for each node. */
  readonly hosts: readonly Host[];
  /** A disk for the snapshots and nothing else: its folder. */
  readonly disk: string;
}

/** A coordinator and some nodes, as real processes over TLS, which faults may end and start again. */
export class Cluster {
  readonly #processes = new Map<string, ChildProcess>();
  #port = 0;
  #otherPort = 0;
  #dataPorts = { from: 0, to: 0 };
  /** The coordinator that is in charge. */
  coordinator = 'coordinator-1';

  /** @param folder empty @param nodes their names @param surroundings the loopback and disk of this machine unless given */
  constructor(
    readonly folder: string,
    readonly nodes: readonly string[],
    readonly surroundings?: Surroundings,
  ) {}

  get runs(): string {
    return join(this.folder, 'runs');
  }

  /** The folder of a run's snapshots. */
  snapshots(run: string): string {
    const { disk } = this.surroundings ?? {};
    return disk === undefined ? join(this.runs, run, 'snapshots') : join(disk, run);
  }

  /** The folder of the newest snapshot that is whole. */
  newestSnapshot(run: string): string | undefined {
    const folder = this.snapshots(run);
    const [newest] = snapshotSteps(folder);
    return newest === undefined ? undefined : join(folder, `${newest}`);
  }

  /** Waits until the newest snapshot is another one than now, or the run has ended. */
  async nextSnapshot(run: string): Promise<void> {
    // One that is taken again after a rewind has the name of the one before.
    const newest = (): number | undefined => {
      const folder = this.newestSnapshot(run);
      return folder === undefined ? undefined : statSync(folder, { throwIfNoEntry: false })?.ino;
    };
    const before = newest();
    await this.until(run, ({ end }) => {
      const now = newest();
      return end !== null || (now !== undefined && now !== before);
    });
  }

  /** The machine of a node, where it has one of its own. */
  host(node: string): Host | undefined {
    return this.surroundings?.hosts[this.nodes.indexOf(node)];
  }

  /** Sets the clock of a node and its stages wrong. */
  setClock(node: string, milliseconds: number): void {
    writeFileSync(this.#clock(node), `${milliseconds}`);
  }

  async start(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    [this.#port, this.#otherPort] = [await freePort(), await freePort()];
    const from = await freePort();
    // One for each slot of all nodes, which may share a machine, and some that others may have.
    this.#dataPorts = { from, to: from + SLOTS * (this.nodes.length + 1) };
    await this.startCoordinator('coordinator-1');
    for (const node of this.nodes) this.startNode(node);
    await until('the nodes', () => this.nodes.every((node) => /^joined /m.test(this.output(node))), START_DEADLINE_MS);
  }

  /** Starts a coordinator on the folder of runs, whether or not another one is at work there. */
  async startCoordinator(name: string, ...options: readonly string[]): Promise<void> {
    this.coordinator = name;
    const port = name === 'coordinator-1' ? this.#port : this.#otherPort;
    const state = join(this.folder, 'coordinator');
    const lines = this.output(name).split('Coordinator ').length;
    const where = ['--port', `${port}`, '--state', state, '--out', this.runs];
    const open = ['--host', this.#address, '--tls', 'self-signed'];
    this.#spawn(name, this.surroundings?.centre, ['coordinator', ...open, ...where, ...options]);
    await until(name, () => this.output(name).split('Coordinator ').length > lines, START_DEADLINE_MS);
  }

  /** Starts a node. @param process what it is known by here, where that is not its name */
  startNode(name: string, process = name): void {
    const addresses = [this.#port, this.#otherPort].map((port) => `wss://${this.#address}:${port}`).join();
    const how = ['--coordinator', addresses, '--fingerprint', this.#fingerprint, '--token-file', this.#token('node')];
    const state = join(this.folder, process);
    const { from, to } = this.#dataPorts;
    const has = ['--slots', `${SLOTS}`, '--data-ports', `${from}-${to}`, ...offering(WAYS)];
    this.#spawn(process, this.host(name), ['node', '--name', name, '--state', state, ...has, ...how]);
  }

  /** Where the coordinator in charge is, and what nodes show it. */
  get door(): Door {
    const address = `wss://${this.#address}:${this.#portInCharge}`;
    return { address, trust: { fingerprint: this.#fingerprint }, token: this.#secret('node') };
  }

  /** Where stages of any node wait for their neighbours. */
  get dataPorts(): { readonly hosts: readonly string[]; readonly from: number; readonly to: number } {
    return { hosts: this.surroundings?.hosts.map(({ address }) => address) ?? [LOOPBACK], ...this.#dataPorts };
  }

  /** The process of a coordinator or node. */
  pid(name: string): number {
    return this.#processes.get(name)?.pid ?? 0;
  }

  /** Whether a coordinator or node has ended. */
  hasEnded(name: string): boolean {
    const child = this.#processes.get(name);
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  /** Ends a coordinator or node without a word. */
  kill(name: string): void {
    this.#processes.get(name)?.kill('SIGKILL');
  }

  /** Submits a training. @returns its id */
  async submit(args: readonly string[]): Promise<string> {
    const how = ['--fingerprint', this.#fingerprint, '--token-file', this.#token('operator')];
    const address = `wss://${this.#address}:${this.#portInCharge}`;
    const snapshots = this.surroundings === undefined ? [] : ['--snapshot-dir', this.surroundings.disk];
    const command = ['train', '--coordinator', address, '--detach', '--json', ...how, ...snapshots, ...args];
    const child = spawn(process.execPath, [PROGRAM, ...command], {
      env: this.#environment('operator'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const chunk of child.stdout) text += String(chunk);
    return (JSON.parse(text) as { run: string }).run;
  }

  /** Where a run stands, or undefined where the coordinator does not say. */
  async standing(run: string): Promise<RunStanding | undefined> {
    const answer = await this.request('GET', `/api/runs/${run}`, 'operator').catch(() => undefined);
    return answer?.status === 200 ? (JSON.parse(answer.text) as RunStanding) : undefined;
  }

  /** Waits until a run stands as wanted. @throws Error after a deadline that no sound machine reaches */
  async until(run: string, wanted: (standing: RunStanding) => boolean): Promise<RunStanding> {
    const deadline = performance.now() + STANDING_DEADLINE_MS;
    while (performance.now() < deadline) {
      const standing = await this.standing(run);
      if (standing !== undefined && wanted(standing)) return standing;
      await sleep(POLL_INTERVAL_MS);
    }
    throw new Error(`run ${run} does not get there within ${STANDING_DEADLINE_MS} ms`);
  }

  /** Of the coordinator's program. */
  async version(): Promise<string> {
    return (await this.#status()).version;
  }

  /** Waits until all nodes are in the coordinator's pool. @throws Error as {@link until} */
  async allJoined(): Promise<void> {
    const deadline = performance.now() + STANDING_DEADLINE_MS;
    while (performance.now() < deadline) {
      const { nodes } = await this.#status().catch(() => ({ nodes: [] }));
      if (this.nodes.every((name) => nodes.some((node) => node.name === name))) return;
      await sleep(POLL_INTERVAL_MS);
    }
    throw new Error(`not all of ${this.nodes.join()} have joined within ${STANDING_DEADLINE_MS} ms`);
  }

  /** Asks the coordinator that is in charge. @param headers with no token of their own, as that of the role */
  request(
    method: string,
    path: string,
    role: 'node' | 'operator' | 'viewer',
    body?: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const where = { host: this.#address, port: this.#portInCharge, fingerprint: this.#fingerprint };
    return ask({ ...where, token: this.#secret(role), method, path, body, headers });
  }

  /** Ends everything that was started. */
  async stop(): Promise<void> {
    const living = [...this.#processes.keys()].filter((name) => !this.hasEnded(name));
    for (const name of living) this.#processes.get(name)?.kill('SIGKILL');
    await until('the end of all', () => living.every((name) => this.hasEnded(name)));
  }

  /** Removes all that it has written. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    const { disk } = this.surroundings ?? {};
    if (disk === undefined) return;
    for (const entry of readdirSync(disk)) rmSync(join(disk, entry), { recursive: true, force: true });
  }

  async #status(): Promise<Status> {
    const { text } = await this.request('GET', '/api/status', 'viewer');
    return JSON.parse(text) as Status;
  }

  get #address(): string {
    return this.surroundings?.centre.address ?? LOOPBACK;
  }

  get #portInCharge(): number {
    return this.coordinator === 'coordinator-1' ? this.#port : this.#otherPort;
  }

  get #fingerprint(): string {
    return / --fingerprint ([0-9a-f]{64}) /.exec(this.output('coordinator-1'))?.[1] ?? '';
  }

  #token(role: string): string {
    return join(this.folder, 'coordinator', `${role}.token`);
  }

  #secret(role: string): string {
    return readFileSync(this.#token(role), 'utf8').trim();
  }

  #spawn(name: string, host: Host | undefined, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const [program = '', ...rest] = [...(host?.prefix ?? []), process.execPath, PROGRAM, ...args];
    const child = spawn(program, rest, { env: this.#environment(name), stdio: ['ignore', log, log] });
    this.#processes.set(name, child);
  }

  #environment(name: string): Record<string, string> {
    return {
      ...{ PATH: process.env['PATH'] ?? '', HOME: this.folder, XDG_DATA_HOME: this.folder },
      ...{ NODE_OPTIONS: `--import=${UNRELIABLE}`, LAYERLINE_CHAOS_CLOCK: this.#clock(name) },
    };
  }

  #clock(name: string): string {
    return join(this.folder, `${name}.clock`);
  }

  /** What a process has written. */
  output(name: string): string {
    try {
      return readFileSync(join(this.folder, `${name}.log`), 'utf8');
    } catch {
      return '';
    }
  }
}
