import type { IncomingMessage } from 'node:http';

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

const READS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/**
 * Why a request that a browser has put a cookie on must be refused, or undefined when it may go on: browsers do that whichever
 * page asks, and `SameSite` counts all ports of a host as one site. What reads has to come from our own page or from nobody's
 * (Fetch Metadata), so far as the browser says; what writes has to have our own `Origin`, and a type that no form can send.
 * The scheme may differ, as a proxy in front of us can speak TLS in our place.
 */
export function refusalOfOrigin({ method, headers }: IncomingMessage): string | undefined {
  const { host, origin, 'sec-fetch-site': site, 'content-type': type = '' } = headers;
  if (READS.has(method)) {
    return site === undefined || site === 'same-origin' || site === 'none'
      ? undefined
      : 'pages of other sites may not ask this';
  }
  if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()) {
    return `pages of ${origin ?? 'an unknown origin'} may not do this, only those of ${host ?? 'this server'}`;
  }
  return JSON_TYPE.test(type) ? undefined : 'the body of the request has to be application/json';
}

/** The name in `name:port`, `[name]:port` or `name`. */
function hostName(host: string): string {
  const match = /^\[(.+)\](?::\d+)?$/.exec(host) ?? /^([^:]*)(?::\d+)?$/.exec(host);
  return match?.[1] ?? host;
}
