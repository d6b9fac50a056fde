import { invitation, signIn } from '@layerline/api';
import type { Invited, Session } from '@layerline/api';
import { parse } from '@layerline/protocol';
import { noSessionCookie, sessionCookie } from '@layerline/security';
import type { Authority, SignInCodes } from '@layerline/security';
import { NoDashboardError } from '../errors.js';
import type { DashboardOptions } from '../web/options.js';
import { bodyOf } from './asked.js';
import type { Handler } from './asked.js';

/** Strangers have to send so little to sign in. */
const MAX_SIGN_IN_BYTES = 1024;

/** What sessions need of their coordinator. */
export interface Hosting {
  readonly options: { readonly version: string; readonly authority: Authority };
  readonly codes: SignInCodes;
  readonly dashboard: DashboardOptions | undefined;
}

export type SessionRoute = 'signIn' | 'session' | 'signOut' | 'invite';

/** How people come to be signed in, and leave. */
export function sessionHandlers(host: Hosting): Record<SessionRoute, Handler> {
  const { authority, version } = host.options;
  return {
    signIn: async (asked): Promise<Session> => {
      const { code } = parse(signIn, await bodyOf(asked, MAX_SIGN_IN_BYTES));
      const { request, response } = asked;
      const principal = host.codes.redeem(code, request.socket.remoteAddress ?? '');
      response.setHeader('set-cookie', sessionCookie(request, authority.sessions.issue(principal)));
      return { principal, version };
    },
    session: ({ principals }): Session => {
      return { principal: principals.includes('operator') ? 'operator' : 'viewer', version };
    },
    signOut: ({ request, response }) => {
      response.setHeader('set-cookie', noSessionCookie(request));
      return {};
    },
    invite: async (asked): Promise<Invited> => {
      if (host.dashboard === undefined) throw new NoDashboardError();
      const { principal } = parse(invitation, await bodyOf(asked));
      return { code: host.codes.issue(principal), url: host.dashboard.url ?? null };
    },
  };
}
