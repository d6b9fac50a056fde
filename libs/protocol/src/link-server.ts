import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ListenError } from './errors.js';
import { LINK_PATH, LINK_SUBPROTOCOL } from './link.js';
import { OutboundLink } from './outbound-link.js';
import { refusal } from './secrets.js';

/** What a consumer may send is tiny: credits. */
const MAX_CONSUMER_MESSAGE_BYTES = 1024;
const HANDSHAKE_DEADLINE_MS = 10_000;

/** The producer's end of a link: waits for the one consumer that has the ticket. */
export class LinkServer {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #connected: Promise<OutboundLink>;
  #link: OutboundLink | undefined;

  /** @param ticket the secret that the consumer was given for this link */
  constructor(
    readonly host: string,
    ticket: string,
    consumer: string,
  ) {
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_CONSUMER_MESSAGE_BYTES,
      maxFragments: 1,
    });
    this.#http = createServer((_, response) => response.writeHead(426).end());
    this.#http.headersTimeout = HANDSHAKE_DEADLINE_MS;
    this.#connected = new Promise((resolve) => {
      this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const refused = request.url === LINK_PATH ? this.#refusal(request, ticket) : 'there is nothing at this path';
        if (refused !== undefined) return refuse(socket, refused);
        this.#sockets.handleUpgrade(request, socket, head, (accepted: WebSocket) => {
          this.#link = new OutboundLink(accepted, consumer);
          resolve(this.#link);
        });
      });
    });
  }

  /**
   * Starts to listen. @param port 0 for any free one @returns the port
   * @throws ListenError when the address cannot be had
   */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', (error) => reject(new ListenError(this.host, port, error)));
      this.#http.listen(port, this.host, () => resolve((this.#http.address() as AddressInfo).port));
    });
  }

  /** The link, once the consumer has dialled. */
  connected(): Promise<OutboundLink> {
    return this.#connected;
  }

  close(): void {
    this.#link?.terminate();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #refusal(request: IncomingMessage, ticket: string): string | undefined {
    const refused = refusal(request, ticket, this.host);
    if (refused !== undefined) return refused;
    if (request.headers['sec-websocket-protocol'] !== LINK_SUBPROTOCOL) return `this server speaks ${LINK_SUBPROTOCOL}`;
    return this.#link && 'this link has its consumer already';
  }
}

/** Answers an upgrade request with 403 and one line, and hangs up whatever the peer does. */
export function refuse(socket: Duplex, reason: string): void {
  // Nobody else listens to this socket any more, and a peer that is gone already must not be our end.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const length = Buffer.byteLength(reason);
  socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${reason}`);
}
