import { createHmac } from 'node:crypto';
import { sameSecret } from './secrets.js';

/** Who can be signed in. */
export const ROLES = ['viewer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** How long a session lasts: 30 days. */
export const SESSION_SECONDS = 30 * 24 * 60 * 60;

/** Sessions are good for this purpose alone, whatever else may come to be signed with the keys. */
const PURPOSE = 'layerline-session.1';
const FORM = /^(viewer|operator)\.(\d{1,12})\.([\w-]{43})$/;

/**
 * Issues sessions and verifies them, without keeping any: a session is a role, when it ends, and the HMAC-SHA-256 (RFC 2104) of
 * both with the token of that role. So it outlives a restart of the server, and ends when that token is replaced; and whoever
 * has one can at most guess at the token of a role that is theirs already.
 */
export class SessionIssuer {
  readonly #keys: Readonly<Record<Role, string>>;

  /** @param keys the token of each role */
  constructor(keys: Readonly<Record<Role, string>>) {
    this.#keys = keys;
  }

  /** @param now in milliseconds since 1970 @returns text that can stand in a cookie */
  issue(role: Role, now = Date.now()): string {
    const end = Math.floor(now / 1000) + SESSION_SECONDS;
    return `${role}.${end}.${this.#sign(role, end)}`;
  }

  /** The role that a session gives, or undefined if it has ended or is none. @param now in milliseconds since 1970 */
  verify(session: string, now = Date.now()): Role | undefined {
    const [, name, text, signature = ''] = FORM.exec(session) ?? [];
    const role = ROLES.find((known) => known === name);
    const end = Number(text);
    if (role === undefined || !sameSecret(signature, this.#sign(role, end))) return undefined;
    return end * 1000 > now ? role : undefined;
  }

  #sign(role: Role, end: number): string {
    return createHmac('sha256', this.#keys[role])
      .update(JSON.stringify([PURPOSE, role, end]))
      .digest('base64url');
  }
}
