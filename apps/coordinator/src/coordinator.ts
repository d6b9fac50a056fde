import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RunConfig } from '@layerline/plan';
import {
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  MAX_CONTROL_BYTES,
  MAX_CONTROL_CONNECTIONS,
  MAX_CONTROL_CONNECTIONS_PER_ADDRESS,
  refuse,
} from '@layerline/protocol';
import { limitedServer, ListenError } from '@layerline/security';
import type { Action, Authority, Certificate } from '@layerline/security';
import { WebSocketServer } from 'ws';
import { Api } from './api/api.js';
import { planFor } from './cluster-plan.js';
import { UnknownNodeError } from './errors.js';
import { NumericsProbes } from './numerics-probes.js';
import type { Probing } from './numerics-probes.js';
import { NodeConnection } from './node-connection.js';
import { NodePool } from './node-pool.js';
import { PartServer } from './part-server.js';
import type { RunRecord } from './record/run-record.js';
import { place } from './placement.js';
import { Run } from './run.js';
import type { RunListener, RunSurroundings } from './run.js';
import { RunRegistry } from './run-registry.js';
import { placeExactly } from './same-numbers.js';

export interface CoordinatorOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Who may do what. */
  readonly authority: Authority;
  /** What the server is known by; without one, it serves in the clear. */
  readonly certificate?: Certificate | undefined;
  /** Version of the program, told to nodes. */
  readonly version: string;
  /** Folder of the runs that are submitted to the coordinator. */
  readonly root: string;
  /** How nodes are asked for their numerics, where not as usual. */
  readonly probing?: Probing;
}

/** The control plane's centre: nodes join it, runs are begun on it, and stages put their snapshots and models into its store. */
export class Coordinator {
  readonly nodes = new NodePool();
  readonly runs: RunRegistry;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #parts = new PartServer();
  readonly #api: Api;
  readonly #numerics: NumericsProbes;

  private constructor(readonly options: CoordinatorOptions) {
    this.runs = new RunRegistry(options.root, options.version, (record, config, listener) => {
      return this.#begin(record, listener, this.#placeExactly(config));
    });
    this.#numerics = new NumericsProbes(() => this.nodes.changed(), options.probing);
    this.#api = new Api(this);
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_CONTROL_BYTES,
      maxFragments: 16,
      handleProtocols: (protocols) => protocols.has(CONTROL_SUBPROTOCOL) && CONTROL_SUBPROTOCOL,
    });
    const limits = { connections: MAX_CONTROL_CONNECTIONS, connectionsPerAddress: MAX_CONTROL_CONNECTIONS_PER_ADDRESS };
    this.#http = limitedServer(options.certificate, limits, (request, response) => this.#request(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Starts to listen. @throws ListenError when the address cannot be had */
  static async listen(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      coordinator.#http.once('error', (error) => reject(new ListenError(host, port, error)));
      coordinator.#http.listen(port, host, resolve);
    });
    return coordinator;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /**
   * Sees a run through on the nodes that are here, or will be, whatever numbers they compute: for a coordinator whose only
   * node is the machine that the plan was made on. @param listener is told how it goes
   */
  start(record: RunRecord, listener: RunListener): Run {
    return this.#begin(record, listener, async ({ plan }, waiting, signal) => {
      return this.nodes.reserve((nodes) => {
        const found = place(plan, nodes);
        if ('nodes' in found) return found.nodes;
        waiting(found.missing);
        return undefined;
      }, signal);
    });
  }

  /**
   * Begins a new run on the nodes that have joined. @returns its id
   * @throws PlacementError, ConfigError, RunFolderError
   */
  async submit(config: RunConfig): Promise<string> {
    const plan = await planFor(
      config,
      this.nodes.all.filter(({ draining }) => !draining).map(({ capabilities }) => capabilities),
    );
    return (await this.runs.submit(config, plan)).id;
  }

  /**
   * Gives a node no new stages, and moves those that it has elsewhere, from a snapshot that is taken for it.
   * @throws UnknownNodeError
   */
  async drain(name: string): Promise<void> {
    const node = this.nodes.find(name);
    if (node === undefined) throw new UnknownNodeError(name);
    node.draining = true;
    const moving = this.runs.all.filter(({ run }) => [...(run.placement?.values() ?? [])].includes(node));
    await Promise.all(moving.map(({ run }) => run.move(`${name} is drained`)));
  }

  /** Lets everything go. Nodes end their stages when their coordinator leaves. */
  close(): void {
    this.nodes.close();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #begin(record: RunRecord, listener: RunListener, place: RunSurroundings['place']): Run {
    const secret = this.options.authority.tokens.node;
    return new Run(record, { secret, parts: this.#parts, place }, listener);
  }

  /** Places a run on nodes that all compute the same numbers, and writes down which. */
  #placeExactly({ allowDifferentNumbers, placement = {} }: RunConfig): RunSurroundings['place'] {
    return async (record, waiting, signal) => {
      const options = {
        wanted: record.journal.numerics,
        allowDifferent: allowDifferentNumbers,
        byHand: placement,
      };
      let numerics: readonly string[] = [];
      const reservation = await this.nodes.reserve((candidates) => {
        const found = placeExactly(record.plan, candidates, this.#numerics, options);
        if ('missing' in found) {
          waiting(found.missing);
          return undefined;
        }
        numerics = found.numerics;
        return found.nodes;
      }, signal);
      try {
        for (const each of numerics) await record.settleNumerics(each, allowDifferentNumbers);
        return reservation;
      } catch (error) {
        reservation.release();
        throw error;
      }
    };
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const isPart = PartServer.serves(request.url ?? '');
    const action: Action = isPart ? 'serve' : Api.isView(request) ? 'view' : 'operate';
    const refused = this.options.authority.refusal(request, action);
    if (refused !== undefined) response.writeHead(403, { connection: 'close' }).end(refused);
    else if (isPart) void this.#parts.handle(request, response);
    else void this.#api.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { version } = this.options;
    const refused = this.#refusal(request);
    if (refused !== undefined) return refuse(socket, refused);
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      new NodeConnection(accepted, version, {
        joined: (node) => this.nodes.join(node),
        left: (node) => this.nodes.leave(node),
      });
    });
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== CONTROL_PATH) return 'there is nothing at this path';
    const refused = this.options.authority.refusal(request, 'serve');
    if (refused !== undefined) return refused;
    const spoken = request.headers['sec-websocket-protocol'];
    return spoken === CONTROL_SUBPROTOCOL
      ? undefined
      : `this coordinator (version ${this.options.version}) speaks ${CONTROL_SUBPROTOCOL}, not ${spoken}`;
  }
}
