import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from './certificate.js';
import { HANDSHAKE_DEADLINE_MS, MAX_REQUEST_HEADER_BYTES } from './limits.js';

/** How often connections are held against their deadlines, as a part of those. */
const CHECKS_PER_DEADLINE = 10;

export interface ServerLimits {
  /** Connections at once, and those of them from one remote address; what is beyond is hung up on. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** For TLS, and then again for the head of each request, in milliseconds. */
  readonly handshakeDeadlineMs?: number;
}

/**
 * An HTTP server that strangers cannot use up: over TLS 1.3 where it has a certificate.
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
  server.maxConnections = connections;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    const count = (open.get(remoteAddress) ?? 0) + 1;
    open.set(remoteAddress, count);
    socket.once('close', () => {
      const left = (open.get(remoteAddress) ?? 0) - 1;
      if (left > 0) open.set(remoteAddress, left);
      else open.delete(remoteAddress);
    });
    if (count > connectionsPerAddress) socket.destroy();
  });
  // A connection that could not be taken, say for want of file descriptors, is not the end of those that are there. Whoever
  // starts to listen hears of a failure to do so by a listener of its own.
  server.on('error', () => undefined);
  return server;
}

/** What makes a server one over TLS. */
export function secured({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_DEADLINE_MS } as const;
}
