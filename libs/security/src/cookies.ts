import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { SESSION_SECONDS } from './sessions.js';

const PREFIX = 'layerline';

/**
 * Has a browser keep a session as a cookie that no script can read and no other site's request carries (RFC 6265bis), for as
 * long as the session lasts.
 * @returns the value of a `Set-Cookie` header
 */
export function sessionCookie(request: IncomingMessage, session: string): string {
  return setCookie(request, session, SESSION_SECONDS);
}

/** Has a browser forget its session. @returns the value of a `Set-Cookie` header */
export function noSessionCookie(request: IncomingMessage): string {
  return setCookie(request, '', 0);
}

/** What a request shows as sessions: more than one if another page on this host has set a cookie of the same name. */
export function shownSessions(request: IncomingMessage): string[] {
  const name = cookieName(request);
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

/**
 * Browsers send a host's cookies to all of its ports, and several coordinators, or tunnels to them, may be on this host: the
 * port that the browser calls us by tells theirs apart.
 */
function cookieName({ headers: { host = '' } }: IncomingMessage): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? PREFIX : `${PREFIX}-${port}`;
}

function setCookie(request: IncomingMessage, value: string, seconds: number): string {
  const attributes = [`Max-Age=${seconds}`, 'Path=/', 'HttpOnly', 'SameSite=Strict'];
  if (isOverTls(request)) attributes.push('Secure');
  return [`${cookieName(request)}=${value}`, ...attributes].join('; ');
}

/** Whether the browser speaks TLS, with us or with a proxy in front of us. */
function isOverTls({ socket, headers: { origin } }: IncomingMessage): boolean {
  return socket instanceof TLSSocket || origin?.startsWith('https:') === true;
}
