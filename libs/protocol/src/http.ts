import { createHash } from 'node:crypto';

/** The value of a `Content-Digest` header for a content (RFC 9530). */
export function contentDigest(content: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
}

/** A host as it stands in an address: IPv6 in brackets (RFC 3986). */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
