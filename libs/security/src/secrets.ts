import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { refusalOfHost } from './origin.js';

/** A secret that cannot be guessed, for use in a header or a file: 256 bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in constant time, whatever the lengths. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The value of an `Authorization` header that carries a secret (RFC 6750). */
export function bearer(secret: string): string {
  return `Bearer ${secret}`;
}

/** What a request shows in its `Authorization` header, or undefined. */
export function shownSecret(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * Why a request must be refused, or undefined when it may pass. A browser sends an `Origin`, and none of those who have such
 * secrets is one.
 * @param secret the only one that is accepted @param hosts as for {@link refusalOfHost}
 */
export function refusal(request: IncomingMessage, secret: string, hosts: readonly string[]): string | undefined {
  if (request.headers.origin !== undefined) return 'requests from web pages are not allowed';
  const refused = refusalOfHost(request, hosts);
  if (refused !== undefined) return refused;
  const given = shownSecret(request);
  if (given === undefined) return 'the token is missing';
  return sameSecret(given, secret) ? undefined : 'the token is wrong';
}
