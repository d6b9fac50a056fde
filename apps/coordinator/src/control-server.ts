import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  MAX_CONTROL_BYTES,
  MAX_CONTROL_CONNECTIONS,
  MAX_CONTROL_CONNECTIONS_PER_ADDRESS,
  refuse,
} from '@layerline/protocol';
import { limitedServer, ListenError, markAuthorized } from '@layerline/security';
import type { Action, Certificate } from '@layerline/security';
import { WebSocketServer } from 'ws';
import { Api } from './api/api.js';
import type { Controlled } from './api/api.js';
import { NodeConnection } from './node-connection.js';
import { PartServer } from './part-server.js';

/** The coordinator's network endpoint: nodes join here, users call the HTTP interface, and stages use the part server. */
export class ControlServer {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #api: Api;

  constructor(
    readonly coordinator: Controlled,
    readonly parts: PartServer,
    readonly options: { readonly host: string; readonly port: number; readonly certificate?: Certificate | undefined },
  ) {
    this.#api = new Api(coordinator);
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

  /** Starts to listen. @throws ListenError if the address is unavailable */
  async start(): Promise<void> {
    const { host, port } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error) => reject(new ListenError(host, port, error)));
      this.#http.listen(port, host, resolve);
    });
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  stop(): void {
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    // The part server authorizes requests itself: stages have tickets, not tokens.
    if (PartServer.serves(request.url ?? '')) return void this.parts.handle(request, response);
    const action: Action = Api.isView(request) ? 'view' : 'operate';
    const refused = this.coordinator.options.authority.refusal(request, action);
    if (refused !== undefined) return void response.writeHead(403, { connection: 'close' }).end(refused);
    markAuthorized(request.socket);
    void this.#api.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { nodes, options } = this.coordinator;
    const refused = this.#refusal(request);
    if (refused !== undefined) return refuse(socket, refused);
    markAuthorized(socket);
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      const connection = new NodeConnection(accepted, options.version, {
        joined: (node) => nodes.join(node),
        left: (node) => nodes.leave(node),
      });
      connection.start();
    });
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== CONTROL_PATH) return 'there is nothing at this path';
    const { authority, version } = this.coordinator.options;
    const refused = authority.refusal(request, 'serve');
    if (refused !== undefined) return refused;
    const spoken = request.headers['sec-websocket-protocol'];
    return spoken === CONTROL_SUBPROTOCOL
      ? undefined
      : `this coordinator (version ${version}) speaks ${CONTROL_SUBPROTOCOL}, not ${spoken}`;
  }
}
