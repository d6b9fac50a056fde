import type { IncomingMessage } from 'node:http';
import { agentFor, bearer, DIAL_DEADLINE_MS, UntrustedServerError, whyUnreachable } from '@layerline/security';
import type { Trust } from '@layerline/security';
import { WebSocket } from 'ws';
import { ConnectionLostError } from './errors.js';

/** How much of a refusal is quoted, in characters. */
const MAX_REASON_LENGTH = 500;

export interface DialOptions {
  /** `ws://host:port`, or `wss://` with {@link trust}. */
  readonly address: string;
  /** How the peer is known where the address is a secure one, and only there; the system's authorities by default. */
  readonly trust?: Trust | undefined;
  readonly secret: string;
  /** The peer's name, for messages. */
  readonly peer: string;
  readonly path: string;
  readonly subprotocol: string;
  /** What the peer may send at once: the largest message in bytes, and the pieces that it may come in. */
  readonly maxPayload: number;
  readonly maxFragments: number;
}

/**
 * Opens a WebSocket.
 * @param take wraps it, given this machine's address in the connection as well, and must attach its listeners at once: the
 * peer's first message may have arrived already
 * @throws ConnectionLostError when the peer cannot be reached or refuses, UntrustedServerError when a different one answers,
 * SyntaxError when the address is malformed
 */
export function dial<Taken>(
  options: DialOptions,
  take: (socket: WebSocket, ownAddress: string) => Taken,
): Promise<Taken> {
  const { address, trust, secret, peer, path, subprotocol, maxPayload, maxFragments } = options;
  const isSecure = address.startsWith('wss:');
  return new Promise((resolve, reject) => {
    if (trust !== undefined && !isSecure) {
      throw new ConnectionLostError(
        peer,
        `dialling ${address}: the peer is identified by a certificate, so the address must begin with wss://`,
      );
    }
    const socket = new WebSocket(address + path, subprotocol, {
      headers: { authorization: bearer(secret) },
      perMessageDeflate: false,
      handshakeTimeout: DIAL_DEADLINE_MS,
      maxPayload,
      maxFragments,
      ...(isSecure ? { agent: agentFor(trust ?? 'system') } : {}),
    });
    const fail = (error: Error): void => {
      if (error instanceof UntrustedServerError) return reject(error);
      reject(new ConnectionLostError(peer, `dialling ${address}: ${whyUnreachable(error, address)}`, { cause: error }));
    };
    socket.on('error', fail);
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      reasonOf(response).then((reason) => fail(new Error(`it answered ${response.statusCode ?? ''}: ${reason}`)), fail);
    });
    let ownAddress = '';
    socket.once('upgrade', (response) => (ownAddress = response.socket.localAddress ?? ''));
    socket.once('open', () => {
      socket.off('error', fail);
      resolve(take(socket, ownAddress));
    });
  });
}

async function reasonOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > MAX_REASON_LENGTH) break;
  }
  return text.slice(0, MAX_REASON_LENGTH);
}
