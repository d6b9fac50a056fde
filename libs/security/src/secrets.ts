import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

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

/** Names of the machine itself, where a server may be reached through a tunnel. No name of others can be pointed to them. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const;

/**
 * Why a request must be refused for the name that it calls us by, or undefined when it may go on: a `Host` other than the
 * names that we go by means that another name was pointed here (DNS rebinding). The port may be a tunnel's.
 * @param hosts names and addresses of this server, beside those of loopback
 */
export function refusalOfHost(request: IncomingMessage, hosts: readonly string[]): string | undefined {
  const name = hostName(request.headers.host ?? '');
  const ours = [...hosts, ...LOOPBACK].some((host) => host.toLowerCase() === name.toLowerCase());
  return ours ? undefined : `this server is not ${name}`;
}

/**
 * Why a request must be refused whatever its secret, or undefined when it may go on: a browser sends an `Origin`, and none
 * of our peers is one. Otherwise as {@link refusalOfHost}.
 */
export function refusalOfPage(request: IncomingMessage, hosts: readonly string[]): string | undefined {
  if (request.headers.origin !== undefined) return 'requests from web pages are not allowed';
  return refusalOfHost(request, hosts);
}

/** Why a request must be refused, or undefined when it may pass. @param secret the only one that is accepted */
export function refusal(request: IncomingMessage, secret: string, hosts: readonly string[]): string | undefined {
  const refused = refusalOfPage(request, hosts);
  if (refused !== undefined) return refused;
  const given = shownSecret(request);
  if (given === undefined) return 'the token is missing';
  return sameSecret(given, secret) ? undefined : 'the token is wrong';
}

/** The name in `name:port`, `[name]:port` or `name`. */
function hostName(host: string): string {
  const match = /^\[(.+)\](?::\d+)?$/.exec(host) ?? /^([^:]*)(?::\d+)?$/.exec(host);
  return match?.[1] ?? host;
}
