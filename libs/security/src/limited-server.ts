import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.js';
import { HANDSHAKE_DEADLINE_MS, MAX_REQUEST_HEADER_BYTES } from './limits.js';

/** How often connections are held against their deadlines, as a part of those. */
const CHECKS_PER_DEADLINE = 10;

export interface ServerLimits {
  /**
   * Connections at once, and those of them from one remote address. When there are so many, the oldest one whose peer is
   * not authorized makes room for the next; where all are, the next is hung up on.
   */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** For TLS, and then again for the head of each request, in milliseconds. */
  readonly handshakeDeadlineMs?: number;
}

interface Connection {
  /** Of TCP. */
  readonly socket: Socket;
  readonly remoteAddress: string;
  readonly remotePort: number | undefined;
  /** What requests come by, once the peer has spoken TLS. */
  secured?: TLSSocket;
}

/** Sockets of peers that have shown a secret of ours. */
const authorized = new WeakSet<Duplex>();

/**
 * Notes that the peer of a connection to a {@link limitedServer} is one of ours: it never makes room for another.
 * @param socket of the request by which it has shown so
 */
export function markAuthorized(socket: Duplex): void {
  authorized.add(socket);
}

/**
 * An HTTP server that strangers cannot use up: over TLS 1.3 where it has a certificate. Whoever answers its requests and
 * upgrades calls {@link markAuthorized} for those that are authorized.
 * @param answer to requests; upgrades are events of the server
 */
export function limitedServer(
  certificate: Certificate | undefined,
  { connections, connectionsPerAddress, handshakeDeadlineMs = HANDSHAKE_DEADLINE_MS }: ServerLimits,
  answer: RequestListener,
): Server {
  const options = {
    maxHeaderSize: MAX_REQUEST_HEADER_BYTES,
    headersTimeout: handshakeDeadlineMs,
    connectionsCheckingInterval: handshakeDeadlineMs / CHECKS_PER_DEADLINE,
  };
  const server =
    certificate === undefined
      ? createServer(options, answer)
      : createSecureServer({ ...options, ...secured(certificate), handshakeTimeout: handshakeDeadlineMs }, answer);
  limitConnections(server, connections, connectionsPerAddress);
  // A connection that could not be taken, say for want of file descriptors, is not the end of those that are there. Whoever
  // starts to listen hears of a failure to do so by a listener of its own.
  server.on('error', () => undefined);
  return server;
}

/** What makes a server one over TLS. */
export function secured({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_DEADLINE_MS } as const;
}

function limitConnections(server: Server, most: number, mostPerAddress: number): void {
  /** From the oldest to the newest. */
  const open = new Set<Connection>();

  /** Hangs up on the oldest stranger, if there is one. */
  const makeRoom = (among: readonly Connection[]): boolean => {
    const stranger = among.find(({ socket, secured = socket }) => !authorized.has(secured));
    if (stranger === undefined) return false;
    open.delete(stranger);
    stranger.socket.destroy();
    return true;
  };

  server.on('connection', (socket: Socket) => {
    const { remoteAddress, remotePort } = socket;
    // It is over already.
    if (remoteAddress === undefined) return void socket.destroy();
    const fromThere = [...open].filter((other) => other.remoteAddress === remoteAddress);
    const isRoomThere = fromThere.length < mostPerAddress || makeRoom(fromThere);
    if (!isRoomThere || (open.size >= most && !makeRoom([...open]))) return void socket.destroy();
    const connection = { socket, remoteAddress, remotePort };
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  });

  // TLS makes another socket, which does not tell from which one.
  server.on('secureConnection', (socket: TLSSocket) => {
    const { remoteAddress, remotePort } = socket;
    const connection = [...open].findLast((other) => {
      return other.remoteAddress === remoteAddress && other.remotePort === remotePort;
    });
    if (connection !== undefined) connection.secured = socket;
  });
}
