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
import { limitedServer, listen, markAuthorized, refusalOfHost } from '@layerline/security';
import type { Certificate } from '@layerline/security';
import { WebSocketServer } from 'ws';
import { Api } from './api/api.js';
import type { Controlled } from './api/api.js';
import { NodeConnection } from './node-connection.js';
import { PartServer } from './part-server.js';
import type { DashboardOptions } from './web/options.js';
import { Page } from './web/page.js';
import { secureAnswer } from './web/security-headers.js';

/** Where whoever runs the coordinator asks whether it is alive, and whether it is ready: not by name, and without a token. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Where a coordinator can be reached. */
export interface ServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The server's certificate; without one, it serves in the clear. */
  readonly certificate?: Certificate | undefined;
  /** Without it, no dashboard is served. */
  readonly dashboard?: DashboardOptions | undefined;
}

/** The coordinator's network endpoint: nodes join here, users call the HTTP interface, and stages use the part server. */
export class ControlServer {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #api: Api;
  #page: Page | undefined;

  constructor(
    readonly coordinator: Controlled,
    readonly parts: PartServer,
    readonly options: ServerOptions,
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

  /** Reads the page and starts to listen. @throws ListenError if the address is unavailable, PageError */
  async start(): Promise<void> {
    const { host, port, dashboard } = this.options;
    if (dashboard !== undefined) this.#page = await Page.read(dashboard.page);
    await listen(this.#http, host, { from: port, to: port });
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  stop(): void {
    this.#sockets.close();
    this.#http.close();
    // Whoever follows a run that has just ended gets its last word first, which is on its way.
    setImmediate(() => this.#http.closeAllConnections());
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    secureAnswer(response);
    const { url = '' } = request;
    if (PROBES.has(url)) return void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
    // The part server authorizes requests itself: stages have tickets, not tokens.
    if (PartServer.serves(url)) return void this.parts.handle(request, response);
    const { authority } = this.coordinator.options;
    const isOurs = refusalOfHost(request, authority.hosts) === undefined;
    if (isOurs && this.#page?.handle(request, response) === true) return;
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
        left: (node, lost) => nodes.leave(node, lost),
      });
      connection.start();
    });
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== CONTROL_PATH) return 'there is nothing at this path';
    const { authority, version } = this.coordinator.options;
    try {
      authority.admit(request, 'serve');
    } catch (error) {
      return (error as Error).message;
    }
    const spoken = request.headers['sec-websocket-protocol'];
    return spoken === CONTROL_SUBPROTOCOL
      ? undefined
      : `this coordinator (version ${version}) speaks ${CONTROL_SUBPROTOCOL}, not ${spoken}`;
  }
}
