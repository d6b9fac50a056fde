import { copyFileSync, chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Host } from './hosts.js';
import { json, layerline, start } from './layerline.js';
import type { Command, Ended, Options } from './layerline.js';
import { until } from './processes.js';
import { onlyRun, readLines } from './run-folder.js';
import { freePort } from './system.js';

/** What a test reads of a node in the status. */
export interface SeenNode {
  readonly name: string;
  readonly dialsOut: boolean;
  readonly tasks: number;
}

/** A coordinator and nodes, each on a machine of its own, or all on the loopback of this one. */
export class Cluster {
  #coordinator!: Command;
  /** Options that bring others to the coordinator, without a token. */
  #way: readonly string[] = [];

  private constructor(
    readonly t: Test,
    readonly folder: string,
    readonly host: Host | undefined,
    readonly options: readonly string[],
  ) {}

  /** Starts a coordinator. @param host the loopback unless given @param options of its command */
  static async open(t: Test, host?: Host, ...options: readonly string[]): Promise<Cluster> {
    const cluster = new Cluster(t, t.testdir(), host, options);
    await cluster.startCoordinator();
    return cluster;
  }

  get coordinator(): Command {
    return this.#coordinator;
  }

  /** `wss://host:port`, as the coordinator shows it. */
  get address(): string {
    return this.#way[1] as string;
  }

  get fingerprint(): string | undefined {
    return this.#way[3];
  }

  /** The folder of the only run. */
  get run(): string | undefined {
    return onlyRun(join(this.machine('coordinator').cwd, 'runs'));
  }

  /** Starts the coordinator, or starts it again where the one before was. */
  async startCoordinator(): Promise<void> {
    const port = this.#way.length === 0 ? `${await freePort()}` : new URL(this.address).port;
    const open = this.host === undefined ? [] : ['--host', this.host.address, '--tls', 'self-signed'];
    const args = ['coordinator', '--port', port, ...open, ...this.options];
    this.#coordinator = start(this.t, args, this.machine('coordinator', this.host));
    const shown = await until('the coordinator', () => {
      return / {2}layerline node (.+) --token-file/.exec(this.#coordinator.stdout)?.[1];
    });
    this.#way = shown.split(' ');
  }

  /** Where a machine's commands run: in a folder that is its home. */
  machine(name: string, host?: Host): Options & { readonly cwd: string } {
    const cwd = join(this.folder, name);
    mkdirSync(cwd, { recursive: true });
    return { cwd, ...(host === undefined ? {} : { namespace: host.namespace }) };
  }

  /** Carries a token to a machine. @returns its file */
  token(role: 'node' | 'operator' | 'viewer', name: string): string {
    const file = join(this.machine(name).cwd, `${role}.token`);
    copyFileSync(join(this.machine('coordinator').cwd, 'layerline', 'coordinator', `${role}.token`), file);
    chmodSync(file, 0o600);
    return file;
  }

  /** Options that bring a command on another machine to the coordinator. */
  way(role: 'node' | 'operator' | 'viewer', name: string): string[] {
    return [...this.#way, '--token-file', this.token(role, name)];
  }

  /** Starts a node, and waits until it has joined. */
  async node(name: string, host: Host | undefined, ...args: readonly string[]): Promise<Command> {
    const command = start(
      this.t,
      ['node', ...this.way('node', name), '--name', name, ...args],
      this.machine(name, host),
    );
    await until(`${name}: ${command.stderr}`, () => command.stdout.includes(`joined ${this.address}`));
    return command;
  }

  /** What an operator is answered, on a machine of his own. */
  ask<Answer>(host: Host | undefined, args: readonly string[]): Promise<Answer> {
    return json<Answer>(this.t, [...args, ...this.way('operator', 'operator')], this.machine('operator', host));
  }

  /** Runs an operator's command to its end. */
  operate(host: Host | undefined, args: readonly string[]): Promise<Ended> {
    return layerline(this.t, [...args, ...this.way('operator', 'operator')], this.machine('operator', host));
  }

  /** The sentences in the run's log. */
  log(): readonly string[] {
    return this.run === undefined ? [] : readLines(join(this.run, 'log.jsonl')).map(({ msg }) => String(msg));
  }

  /** Waits until so many batches of the run are in its metrics. */
  async learning(): Promise<void> {
    await until('learning', () => this.run !== undefined && readLines(join(this.run, 'metrics.jsonl')).length > 2);
  }
}
