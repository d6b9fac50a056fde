import { setTimeout as sleep } from 'node:timers/promises';
import type { Drained, Reading } from '@layerline/api';
import type { Plan, RunConfig } from '@layerline/plan';
import { SignInCodes } from '@layerline/security';
import type { Authority } from '@layerline/security';
import { ClusterExecutor } from './cluster-executor.js';
import { ControlServer } from './control-server.js';
import { exposition } from './metrics/exposition.js';
import { MetricsServer } from './metrics/metrics-server.js';
import type { ServerOptions } from './control-server.js';
import { StrandingError, SubmissionsClosedError, UnknownNodeError } from './errors.js';
import { ActivityFeed } from './events/activity.js';
import type { Executor } from './executor.js';
import type { NodeConnection } from './node-connection.js';
import { NodePool } from './node-pool.js';
import { NumericsProbes } from './numerics-probes.js';
import type { Probing } from './numerics-probes.js';
import { placeOnEqualNodes, placeOnOnlyNode } from './placer.js';
import { PartServer } from './part-server.js';
import { planFor } from './planner.js';
import type { InitialState } from './record/initial-state.js';
import type { RunArchive } from './record/run-archive.js';
import { RunRegistry } from './run-registry.js';
import type { TakingUp } from './run-registry.js';
import { strandedWithout } from './relocation.js';
import type { Run } from './run.js';
import type { DashboardOptions } from './web/options.js';

export interface CoordinatorOptions {
  /** Version of the program, told to nodes. */
  readonly version: string;
  /** Folder of its runs. */
  readonly root: string;
  /** Who may do what over the network. */
  readonly authority: Authority;
  /** Where it listens; if omitted, it opens no socket. */
  readonly server?: ServerOptions | undefined;
  /** Where it answers `GET /metrics` without a token, besides its server; if omitted, nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** What carries out its runs, if not the nodes that join. */
  readonly executor?: Executor | undefined;
  /**
   * Whether it serves a single training on this machine: only this machine's node will join, and nobody may submit runs
   * over the network. False by default.
   */
  readonly dedicated?: boolean;
  /** How nodes are asked for their numerics, if not in the default way. */
  readonly probing?: Probing;
}

/** A trained model that a new run goes on with. */
export interface ContinuedModel {
  readonly weightsSha256: string;
  /** All that the stages of a plan begin with. @throws ConfigError where the model is not one of that plan */
  readonly stateFor: (plan: Plan) => InitialState;
}

/**
 * The centre of the control plane: plans runs, has them carried out, and keeps their results. Nodes join it over the
 * network, and authorized users watch and steer runs through it.
 */
export class Coordinator {
  /** What happens to its nodes and runs, for those who watch over it. */
  readonly activity = new ActivityFeed();
  readonly nodes = new NodePool(this.activity);
  /** With which people sign in to the dashboard. */
  readonly codes = new SignInCodes();
  readonly executor: Executor;
  readonly runs: RunRegistry;
  readonly #probes: NumericsProbes;
  /** Nodes whose stages are being moved elsewhere. */
  readonly #draining = new Map<NodeConnection, Promise<void>>();
  readonly #server: ControlServer | undefined;
  readonly #metrics: MetricsServer | undefined;

  constructor(readonly options: CoordinatorOptions) {
    const { authority, server, metrics, version, root, probing, dedicated = false } = options;
    this.#probes = new NumericsProbes(() => this.nodes.changed(), probing);
    const choose = (dedicated ? placeOnOnlyNode : placeOnEqualNodes)(this.nodes, this.#probes);
    const cluster = new ClusterExecutor(this.nodes, new PartServer(authority.hosts), choose, this.#probes);
    this.executor = options.executor ?? cluster;
    this.runs = new RunRegistry(root, version, this.executor, this.activity);
    this.#server = server && new ControlServer(this, cluster.parts, server);
    this.#metrics = metrics && new MetricsServer(metrics, () => exposition(this.reading()));
  }

  /** Opens its servers, if it has any. @throws ListenError if an address is unavailable, PageError */
  async start(): Promise<void> {
    try {
      await this.#server?.start();
      await this.#metrics?.start();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** The dashboard that it serves, if it does. */
  get dashboard(): DashboardOptions | undefined {
    return this.options.server?.dashboard;
  }

  /** The port that it listens on; 0 if it has no server. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** The port on which it answers `GET /metrics` without a token; 0 if there is none. */
  get metricsPort(): number {
    return this.#metrics?.port ?? 0;
  }

  /** Everything that is measured now. */
  reading(): Reading {
    return { version: this.options.version, nodes: this.nodes.all.length, runs: this.runs.readings() };
  }

  /**
   * Begins a new run, which is the only way to: plans it for the machines that are here, creates its folder, and has it
   * carried out.
   * @param model that the run goes on with, in place of new weights @param name that a person gives it
   * @throws PlacementError, ConfigError, NameTakenError, RunFolderError, leaving nothing behind
   */
  async submit(
    config: RunConfig,
    { model, name }: { readonly model?: ContinuedModel | undefined; readonly name?: string | undefined } = {},
  ): Promise<Run> {
    this.executor.check(config);
    const plan = await planFor(config, this.executor.capabilities());
    if (model === undefined) return this.runs.begin(config, plan, { name });
    return this.runs.begin(config, { ...plan, continues: model.weightsSha256 }, { name, state: model.stateFor(plan) });
  }

  /** Like {@link submit}, for requests from the network. @throws SubmissionsClosedError, and whatever `submit` throws */
  async submitFromOutside(config: RunConfig, name?: string): Promise<Run> {
    if (this.options.dedicated === true) throw new SubmissionsClosedError();
    return this.submit(config, { name });
  }

  /** Takes up a run that ended early. @param folder of the run @throws RunBusyError, CheckpointError */
  resume(folder: string, how: TakingUp): Promise<Run> {
    return this.runs.takeUp(folder, how);
  }

  /**
   * Takes up a run of its folder that has ended, as an operator asks for.
   * @throws SubmissionsClosedError, NothingTrainsError, ConfigError, PlacementError, and what the registry's `revive` throws
   */
  async revive(run: Run | RunArchive, how: TakingUp): Promise<Run> {
    if (this.options.dedicated === true) throw new SubmissionsClosedError();
    this.executor.check(run.config);
    return this.runs.revive(run, how);
  }

  /**
   * Gives a node no new stages, and moves those that it has elsewhere, from a snapshot taken for the purpose. Asked again meanwhile,
   * it waits for that.
   * @param seconds to wait at most, while it goes on; without them, until it is done
   * @throws UnknownNodeError, StrandingError if a run would have nowhere to go: the node then stays as it was
   */
  async drain(name: string, seconds?: number): Promise<Drained> {
    const node = this.#node(name);
    const draining = this.#draining.get(node) ?? this.#drain(node).finally(() => this.#draining.delete(node));
    this.#draining.set(node, draining);
    if (await settlesWithin(draining, seconds)) return { done: true, left: [] };
    const left = this.runs.all.flatMap(({ id, placement }) =>
      [...placement].filter(([, holder]) => holder === name).map(([stage]) => ({ run: id, stage })),
    );
    return { done: false, left };
  }

  async #drain(node: NodeConnection): Promise<void> {
    const { name } = node;
    const moving = (): Run[] => this.runs.all.filter(({ placement }) => [...placement.values()].includes(name));
    const stranded = await strandedWithout(node, moving, this.nodes, this.#probes);
    if (stranded !== undefined) throw new StrandingError(name, stranded.run, stranded.missing);
    this.nodes.drain(node);
    await Promise.all(moving().map((run) => run.move(`${name} is drained`)));
    this.activity.emit({ type: 'node-drained', node: name });
  }

  /** Lets a drained node take stages again. @throws UnknownNodeError */
  undrain(name: string): void {
    this.nodes.undrain(this.#node(name));
  }

  #node(name: string): NodeConnection {
    const node = this.nodes.find(name);
    if (node === undefined) throw new UnknownNodeError(name);
    return node;
  }

  /** Closes everything. Nodes end their stages when their coordinator leaves. */
  stop(): void {
    this.nodes.close();
    this.#server?.stop();
    this.#metrics?.stop();
    this.runs.close();
  }
}

/** Waits for something, for so many seconds at most. @returns whether it has come about @throws what it does */
async function settlesWithin(awaited: Promise<void>, seconds: number | undefined): Promise<boolean> {
  const settled = awaited.then(() => true);
  if (seconds === undefined) return settled;
  const enough = new AbortController();
  const late = sleep(seconds * 1000, false, { signal: enough.signal }).catch(() => false);
  // What is thrown later is for those who wait on.
  settled.catch(() => undefined);
  return Promise.race([settled, late]).finally(() => enough.abort());
}
