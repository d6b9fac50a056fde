import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Certificate, PortRange } from '@layerline/security';
import { limitedServer, listen, markAuthorized, refusal } from '@layerline/security';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { MAX_LINK_CONNECTIONS, MAX_LINK_CONNECTIONS_PER_ADDRESS } from './limits.js';
import { LINK_PATH, LINK_SUBPROTOCOL } from './link.js';

export interface LinkServerOptions<Link> {
  /** Address to listen on. */
  readonly host: string;
  /** Further names that the peer may call the server by. */
  readonly names?: readonly string[];
  /** The secret that the peer was given for this link. */
  readonly ticket: string;
  /** What the server is known by; without one, it serves in the clear. */
  readonly certificate?: Certificate | undefined;
  /** What the peer may send at once: the largest message in bytes, and the pieces that it may come in. */
  readonly maxPayload: number;
  readonly maxFragments: number;
  /** Makes this end of the link out of the peer's connection. */
  readonly accept: (socket: WebSocket) => Link;
}

/** The end of a link that waits for the other: for the one peer that has the ticket. */
export class LinkServer<Link extends { close(): void }> {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #connected: Promise<Link>;
  #link: Link | undefined;

  constructor(readonly options: LinkServerOptions<Link>) {
    const { certificate, maxPayload, maxFragments } = options;
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, maxFragments });
    const limits = { connections: MAX_LINK_CONNECTIONS, connectionsPerAddress: MAX_LINK_CONNECTIONS_PER_ADDRESS };
    this.#http = limitedServer(certificate, limits, (_, response) => {
      response.writeHead(426, { connection: 'close' }).end();
    });
    this.#connected = new Promise((resolve) => {
      this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const refused = this.#refusal(request);
        if (refused !== undefined) return refuse(socket, refused);
        markAuthorized(socket);
        this.#sockets.handleUpgrade(request, socket, head, (accepted: WebSocket) => {
          this.#link = options.accept(accepted);
          resolve(this.#link);
        });
      });
    });
  }

  /**
   * Starts to listen, on the first port of the range that is free, or on any free one. @returns the port
   * @throws ListenError when none can be had
   */
  listen(ports: PortRange = { from: 0, to: 0 }): Promise<number> {
    return listen(this.#http, this.options.host, ports);
  }

  /** The link, once the peer has dialled. */
  connected(): Promise<Link> {
    return this.#connected;
  }

  /** Frees the port. A link that has been made stays open. */
  stopListening(): void {
    this.#sockets.close();
    this.#http.close();
    this.#http.closeIdleConnections();
  }

  close(): void {
    this.#link?.close();
    this.stopListening();
    this.#http.closeAllConnections();
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (request.url !== LINK_PATH) return 'there is nothing at this path';
    const { host, names = [], ticket } = this.options;
    const refused = refusal(request, ticket, [host, ...names]);
    if (refused !== undefined) return refused;
    const spoken = request.headers['sec-websocket-protocol'];
    if (spoken !== LINK_SUBPROTOCOL) return `this server speaks ${LINK_SUBPROTOCOL}, not ${spoken ?? 'nothing'}`;
    return this.#link && 'this link has its peer already';
  }
}

/** Answers an upgrade request with 403 and one line, and hangs up whatever the peer does. */
export function refuse(socket: Duplex, reason: string): void {
  // Nobody else listens to this socket any more, and an error of a peer that has already gone must not end this process.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const length = Buffer.byteLength(reason);
  socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${reason}`);
}
