import type { ClientRequestArgs } from 'node:http';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { plainFingerprint } from './certificate.js';
import { UntrustedServerError } from './errors.js';
import { DIAL_DEADLINE_MS } from './limits.js';

/** How a server is known: by the fingerprint of its certificate, or by who vouches for it. */
export type Trust = { readonly fingerprint: string } | { readonly ca: string } | 'system';

const OLDEST_TLS = 'TLSv1.3';

/**
 * Opens connections to servers that are trusted in this way and to no others, for HTTP requests and WebSockets. Where a
 * fingerprint is given, nothing is sent before it has been compared: a token never reaches a server that is not the one.
 * @throws CertificateError for text that is not a fingerprint
 */
export function agentFor(trust: Trust, deadlineMs = DIAL_DEADLINE_MS): Agent {
  if (trust === 'system') return new Agent({ minVersion: OLDEST_TLS });
  if ('ca' in trust) return new Agent({ ca: trust.ca, minVersion: OLDEST_TLS });
  return new PinnedAgent(plainFingerprint(trust.fingerprint), deadlineMs);
}

class PinnedAgent extends Agent {
  constructor(
    readonly fingerprint: string,
    readonly deadlineMs: number,
  ) {
    super({ minVersion: OLDEST_TLS });
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // Nobody vouches for the certificate, so what vouches for it is compared below.
    const socket = connect({ ...(options as ConnectionOptions), rejectUnauthorized: false });
    const refuse = (error: Error): void => callback?.(error, socket);
    // The request has no socket yet whose end it could wait for.
    const deadline = setTimeout(() => {
      socket.destroy(new Error(`no TLS connection within ${this.deadlineMs} ms`));
    }, this.deadlineMs);
    socket.once('close', () => clearTimeout(deadline));
    socket.once('error', refuse);
    socket.once('secureConnect', () => {
      clearTimeout(deadline);
      socket.off('error', refuse);
      const found = plainFingerprint(socket.getPeerCertificate().fingerprint256);
      if (found === this.fingerprint) return callback?.(null, socket);
      const { host = 'the server' } = options;
      socket.destroy();
      callback?.(new UntrustedServerError(String(host), this.fingerprint, found), socket);
    });
  }
}
