import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A secret that cannot be guessed, for use in a header or a file: 256 bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in constant time, whatever the lengths. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The value of an `Authorization` header that carries a secret (RFC 6750). */
export function bearer(secret: string): string {
  return `Bearer ${secret}`;
}

/**
 * Why a request must be refused, or undefined when it may pass. A browser sends an `Origin`, and none of our peers is
 * one; a `Host` other than the address that we listen on means that a name was pointed here (DNS rebinding).
 */
export function refusal(request: IncomingMessage, secret: string, host: string): string | undefined {
  if (request.headers.origin !== undefined) return 'requests from web pages are not allowed';
  const name = hostName(request.headers.host ?? '');
  if (name !== host && name !== 'localhost') return `this server is not ${name}`;
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined) return 'the token is missing';
  return sameSecret(given, secret) ? undefined : 'the token is wrong';
}

/** The name in `name:port`, `[name]:port` or `name`. */
function hostName(host: string): string {
  const match = /^\[(.+)\](?::\d+)?$/.exec(host) ?? /^([^:]*)(?::\d+)?$/.exec(host);
  return match?.[1] ?? host;
}
