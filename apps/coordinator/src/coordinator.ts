import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ModelWriter } from '@layerline/checkpoint';
import type { Plan } from '@layerline/pipeline';
import {
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  ListenError,
  MAX_CONTROL_BYTES,
  refusal,
  refuse,
} from '@layerline/protocol';
import { WebSocketServer } from 'ws';
import { ModelStore } from './model-store.js';
import { NodeConnection } from './node-connection.js';
import { PipelineRun } from './pipeline-run.js';
import type { RunListener } from './pipeline-run.js';

export interface CoordinatorOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The secret that nodes and stages show. */
  readonly token: string;
  /** Version of the program, told to nodes. */
  readonly version: string;
}

/** The control plane's centre: nodes join it, runs are started on it, and stages put their models into its store. */
export class Coordinator {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #store = new ModelStore();
  readonly #nodes = new Set<NodeConnection>();
  readonly #waiting: ((node: NodeConnection) => void)[] = [];
  #incarnation = 0;

  private constructor(readonly options: CoordinatorOptions) {
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_CONTROL_BYTES,
      maxFragments: 16,
      handleProtocols: (protocols) => protocols.has(CONTROL_SUBPROTOCOL) && CONTROL_SUBPROTOCOL,
    });
    this.#http = createServer((request, response) => this.#request(request, response));
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

  /** `host:port` that nodes and stages reach it at. */
  get address(): string {
    return `${this.options.host}:${(this.#http.address() as AddressInfo).port}`;
  }

  /** A node that has joined, as soon as there is one. */
  node(): Promise<NodeConnection> {
    const [node] = this.#nodes;
    return node === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(node);
  }

  /**
   * Starts a run on a node.
   * @param model takes what the layers have learned @param listener is told how the run goes
   */
  start(run: string, plan: Plan, node: NodeConnection, model: ModelWriter, listener: RunListener): PipelineRun {
    const store = { url: `http://${this.address}${ModelStore.path(run)}`, secret: this.options.token };
    const identity = { run, incarnation: this.#incarnation++, generation: 0 };
    const started = new PipelineRun(identity, plan, node, store, listener);
    this.#store.open(run, model, (error) => started.fail(error));
    void started.ended.finally(() => this.#store.close(run)).catch(() => undefined);
    return started;
  }

  /** Lets everything go. Nodes end their stages when their coordinator leaves. */
  close(): void {
    for (const node of this.#nodes) node.close();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const refused = refusal(request, this.options.token, this.options.host);
    if (refused !== undefined) response.writeHead(403).end(refused);
    else void this.#store.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, version } = this.options;
    const refused = this.#refusal(request);
    if (refused !== undefined) return refuse(socket, refused);
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      new NodeConnection(accepted, host, version, {
        joined: (node) => {
          this.#nodes.add(node);
          for (const resolve of this.#waiting.splice(0)) resolve(node);
        },
        left: (node) => this.#nodes.delete(node),
      });
    });
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== CONTROL_PATH) return 'there is nothing at this path';
    const refused = refusal(request, this.options.token, this.options.host);
    if (refused !== undefined) return refused;
    const spoken = request.headers['sec-websocket-protocol'];
    return spoken === CONTROL_SUBPROTOCOL ? undefined : `this coordinator speaks ${CONTROL_SUBPROTOCOL}, not ${spoken}`;
  }
}
