import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { agentFor, bearer } from '@layerline/security';
import type { Host } from '../test/support/hosts.js';
import { PROGRAM } from '../test/support/layerline.js';
import { until } from '../test/support/processes.js';
import { snapshotSteps } from '../test/support/run-folder.js';
import { freePort } from '../test/support/system.js';

const LOOPBACK = '127.0.0.1';
const UNRELIABLE = fileURLToPath(new URL('../../chaos/unreliable.mjs', import.meta.url));
const START_DEADLINE_MS = 120_000;
const REQUEST_DEADLINE_MS = 5_000;
const STANDING_DEADLINE_MS = 240_000;
const POLL_INTERVAL_MS = 50;

/** What the coordinator tells of a run, as far as faults and verdicts go by it. */
export interface RunStanding {
  readonly id: string;
  readonly state: string;
  readonly images: number;
  readonly imagesInAll: number;
  readonly generation: number;
  readonly bottleneck: string | null;
  readonly end: {
    readonly result?: { readonly weightsSha256: string };
    readonly error?: { readonly message: string };
  } | null;
  readonly processes: readonly { readonly stage: string; readonly node: string; readonly pid: number }[];
  readonly notices: readonly { readonly at: string; readonly sentence: string }[];
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
    await this.startCoordinator('coordinator-1');
    for (const node of this.nodes) this.startNode(node);
    await until('the nodes', () => this.nodes.every((node) => /^joined /m.test(this.#output(node))), START_DEADLINE_MS);
  }

  /** Starts a coordinator on the folder of runs, whether or not another one is at work there. */
  async startCoordinator(name: string, ...options: readonly string[]): Promise<void> {
    this.coordinator = name;
    const port = name === 'coordinator-1' ? this.#port : this.#otherPort;
    const state = join(this.folder, 'coordinator');
    const lines = this.#output(name).split('Coordinator ').length;
    const where = ['--port', `${port}`, '--state', state, '--out', this.runs];
    const open = ['--host', this.#address, '--tls', 'self-signed'];
    this.#spawn(name, this.surroundings?.centre, ['coordinator', ...open, ...where, ...options]);
    await until(name, () => this.#output(name).split('Coordinator ').length > lines, START_DEADLINE_MS);
  }

  startNode(name: string): void {
    const addresses = [this.#port, this.#otherPort].map((port) => `wss://${this.#address}:${port}`).join();
    const how = ['--coordinator', addresses, '--fingerprint', this.#fingerprint, '--token-file', this.#token('node')];
    const state = join(this.folder, name);
    this.#spawn(name, this.host(name), ['node', '--name', name, '--slots', '4', '--state', state, ...how]);
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

  /** What a process has written. */
  output(name: string): string {
    return this.#output(name);
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

  /** Waits until a run stands as wanted. @throws after a deadline that no sound machine reaches */
  async until(run: string, wanted: (standing: RunStanding) => boolean): Promise<RunStanding> {
    const deadline = performance.now() + STANDING_DEADLINE_MS;
    while (performance.now() < deadline) {
      const standing = await this.standing(run);
      if (standing !== undefined && wanted(standing)) return standing;
      await sleep(POLL_INTERVAL_MS);
    }
    throw new Error(`run ${run} does not get there within ${STANDING_DEADLINE_MS} ms`);
  }

  request(
    method: string,
    path: string,
    role: 'node' | 'operator' | 'viewer',
    body?: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const token = readFileSync(this.#token(role), 'utf8').trim();
    const agent = agentFor({ fingerprint: this.#fingerprint });
    return new Promise((resolve, reject) => {
      const all = { authorization: bearer(token), ...headers };
      const options = { host: this.#address, port: this.#portInCharge, path, method, agent, headers: all };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      sent.setTimeout(REQUEST_DEADLINE_MS, () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });
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

  get #address(): string {
    return this.surroundings?.centre.address ?? LOOPBACK;
  }

  get #portInCharge(): number {
    return this.coordinator === 'coordinator-1' ? this.#port : this.#otherPort;
  }

  get #fingerprint(): string {
    return / --fingerprint ([0-9a-f]{64}) /.exec(this.#output('coordinator-1'))?.[1] ?? '';
  }

  #token(role: string): string {
    return join(this.folder, 'coordinator', `${role}.token`);
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

  #output(name: string): string {
    try {
      return readFileSync(join(this.folder, `${name}.log`), 'utf8');
    } catch {
      return '';
    }
  }
}
