import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
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
import { NodeConnection } from './node-connection.js';
import { NodePool } from './node-pool.js';
import { PartServer } from './part-server.js';
import { place } from './placement.js';
import type { RunRecord } from './record/run-record.js';
import { Run } from './run.js';
import type { RunListener } from './run.js';

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
  readonly #parts = new PartServer();
  readonly #nodes = new NodePool();

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

  /** Sees a run through on the nodes that are here, or will be. @param listener is told how it goes */
  start(record: RunRecord, listener: RunListener): Run {
    const { token } = this.options;
    const store = { origin: `http://${this.address}`, secret: token };
    return new Run(record, { store, parts: this.#parts, place: this.#place.bind(this) }, listener);
  }

  /** Lets everything go. Nodes end their stages when their coordinator leaves. */
  close(): void {
    this.#nodes.close();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const refused = refusal(request, this.options.token, this.options.host);
    if (refused !== undefined) response.writeHead(403).end(refused);
    else void this.#parts.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { version } = this.options;
    const refused = this.#refusal(request);
    if (refused !== undefined) return refuse(socket, refused);
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      new NodeConnection(accepted, version, {
        joined: (node) => this.#nodes.join(node),
        left: (node) => this.#nodes.leave(node),
      });
    });
  }

  #place(
    plan: Plan,
    waiting: (missing: string) => void,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodeConnection>> {
    return this.#nodes.until((nodes) => {
      const found = place(plan, nodes);
      if ('nodes' in found) return found.nodes;
      waiting(found.missing);
      return undefined;
    }, signal);
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== CONTROL_PATH) return 'there is nothing at this path';
    const refused = refusal(request, this.options.token, this.options.host);
    if (refused !== undefined) return refused;
    const spoken = request.headers['sec-websocket-protocol'];
    return spoken === CONTROL_SUBPROTOCOL ? undefined : `this coordinator speaks ${CONTROL_SUBPROTOCOL}, not ${spoken}`;
  }
}
