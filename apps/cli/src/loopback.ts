import type { Coordinator, ServerOptions } from '@layerline/coordinator';
import { Authority, newSecret } from '@layerline/security';
import { PAGE } from './page.js';

export const LOOPBACK = '127.0.0.1';

/** Tokens for a coordinator that lives no longer than this command. */
export function newAuthority(): Authority {
  return new Authority({ node: newSecret(), operator: newSecret(), viewer: newSecret() }, [LOOPBACK]);
}

/** @param port 0 for any free one @param dashboard whether the page is served there */
export function serverOn(port: number, dashboard: boolean): ServerOptions {
  return { host: LOOPBACK, port, ...(dashboard && { dashboard: { page: PAGE } }) };
}

/** Where a coordinator is reached that listens there. */
export function addressOf({ port }: Coordinator): string {
  return `ws://${LOOPBACK}:${port}`;
}
