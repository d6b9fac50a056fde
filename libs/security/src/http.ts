import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { ClientRequest, RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { agentFor } from './trust.js';
import type { Trust } from './trust.js';

/**
 * Begins a request on a connection of its own, which no server closes for having been idle just as it is used again: in the
 * clear, or over TLS to a server that is trusted. @throws CertificateError as {@link agentFor}
 */
export function openRequest(url: string, trust: Trust | undefined, options: RequestOptions): ClientRequest {
  return trust === undefined
    ? request(url, { ...options, agent: false })
    : secureRequest(url, { ...options, agent: agentFor(trust) });
}

/** The value of a `Content-Digest` header for a content (RFC 9530). */
export function contentDigest(content: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
}

/** A host as it stands in an address: IPv6 in brackets (RFC 3986). */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
