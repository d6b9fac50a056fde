import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http';
import { createServer as createSecureServer, request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { Test } from 'tap';
import { Authority, newSecret, noSessionCookie, selfSignedCertificate, sessionCookie } from '../src/index.js';
import type { Action } from '../src/index.js';
import { HOST } from './support.js';

const authority = new Authority({ node: newSecret(), operator: newSecret(), viewer: newSecret() }, ['desk.example']);
const JSON_TYPE = { 'content-type': 'application/json' };
const DAY = 24 * 3600 * 1000;

type Ask = (headers: OutgoingHttpHeaders, action?: Action | 'anyone', method?: string) => Promise<string>;

/** What an authority says of requests that really were sent: who they come from, or `CODE: reason`. */
async function gate(t: Test): Promise<Ask> {
  const server = createServer((incoming, response) => {
    const action = incoming.url?.slice(1);
    try {
      if (action === 'anyone') authority.admitAnyone(incoming);
      else response.write(authority.admit(incoming, action as Action).join());
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      response.write(`${code}: ${message}`);
    }
    response.end();
  }).listen(0, HOST);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async (headers, action = 'view', method = 'GET') => {
    const sent = request({ host: HOST, port, path: `/${action}`, method, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return text(response);
  };
}

const cookie = (session: string, port = 7878): string => `theme=dark; layerline-${port}=${session}; x=y`;

t.test('a session lets its role look', async (t) => {
  const ask = await gate(t);
  for (const role of ['viewer', 'operator'] as const) {
    const headers = { host: 'localhost:7878', cookie: cookie(authority.sessions.issue(role)) };
    t.equal(await ask(headers), role);
    for (const site of ['same-origin', 'none']) t.equal(await ask({ ...headers, 'sec-fetch-site': site }), role, site);
    for (const site of ['same-site', 'cross-site']) {
      const refused = 'ERR_FORBIDDEN: pages of other sites may not ask this';
      t.equal(await ask({ ...headers, 'sec-fetch-site': site }), refused, site);
    }
    t.match(await ask(headers, 'serve'), /^ERR_FORBIDDEN: /);
    t.equal(await ask({ ...headers, host: 'evil.example:7878' }), 'ERR_FORBIDDEN: this server is not evil.example');
  }
});

t.test('a session that has ended or is none is told from none at all', async (t) => {
  const ask = await gate(t);
  const host = 'localhost:7878';
  const over = authority.sessions.issue('operator', Date.now() - 30 * DAY);
  const ended = /^ERR_UNAUTHENTICATED: your session has ended: layerline dashboard prints an address/;
  for (const session of [over, '', 'operator', newSecret()]) {
    t.match(await ask({ host, cookie: cookie(session) }), ended);
  }
  const missing = /^ERR_UNAUTHENTICATED: the token is missing, or you are not signed in: layerline dashboard prints/;
  const session = authority.sessions.issue('operator');
  t.match(await ask({ host }), missing);
  t.match(await ask({ host, cookie: cookie(session, 7879) }), missing, "another coordinator's");
  t.match(await ask({ host: 'localhost', cookie: cookie(session) }), missing);
  t.equal(
    await ask({ host: 'localhost', cookie: `layerline=${session}` }),
    'operator',
    'a proxy with a name of its own',
  );
  const shadowed = `layerline-7878=; layerline-7878=viewer.1.x; layerline-7878=${session}`;
  t.equal(await ask({ host, cookie: shadowed }), 'operator', 'what other pages on this host have set does no harm');
});

t.test('what writes has to come from our own page, by whichever port that is reached', async (t) => {
  const ask = await gate(t);
  const write = (headers: OutgoingHttpHeaders): Promise<string> => ask(headers, 'operate', 'POST');
  const session = authority.sessions.issue('operator');
  const hosts: [host: string, origin: string, cookie: string][] = [
    ['localhost:7878', 'http://localhost:7878', cookie(session)],
    ['127.0.0.1:9000', 'http://127.0.0.1:9000', cookie(session, 9000)],
    ['[::1]:9000', 'http://[::1]:9000', cookie(session, 9000)],
    ['desk.example:7878', 'https://desk.example:7878', cookie(session)],
    ['Desk.example', 'https://desk.example', `layerline=${session}`],
  ];
  for (const [host, origin, shown] of hosts) {
    const unnamed = { host, cookie: shown, ...JSON_TYPE };
    const headers = { ...unnamed, origin };
    t.equal(await write(headers), 'operator', origin);
    t.equal(await write({ ...headers, 'content-type': 'application/json; charset=utf-8' }), 'operator');
    const refused = /^ERR_FORBIDDEN: pages of .* may not do this, only those of /;
    t.match(await write(unnamed), refused);
    for (const other of ['http://localhost:3000', 'https://evil.example', 'null', 'http://localhost']) {
      t.match(await write({ ...headers, origin: other }), refused, other);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      const refused = 'ERR_FORBIDDEN: the body of the request has to be application/json';
      t.equal(await write({ ...headers, 'content-type': type }), refused, type);
    }
  }
});

t.test('a viewer is told why nothing can be changed', async (t) => {
  const ask = await gate(t);
  const shown = cookie(authority.sessions.issue('viewer'));
  const headers = { host: 'localhost:7878', origin: 'http://localhost:7878', cookie: shown, ...JSON_TYPE };
  t.equal(
    await ask(headers, 'operate', 'POST'),
    'ERR_FORBIDDEN: you are signed in as a viewer, who may only look: layerline dashboard prints an address for an operator',
  );
  t.equal(await ask(headers, 'view', 'DELETE'), 'viewer', 'but may sign out');
});

t.test('a token counts before a session, and never comes from a page', async (t) => {
  const ask = await gate(t);
  const headers = { host: 'localhost:7878', cookie: cookie(authority.sessions.issue('operator')) };
  const viewer = { ...headers, authorization: `Bearer ${authority.tokens.viewer}` };
  t.equal(await ask(viewer), 'viewer');
  t.match(await ask(viewer, 'operate', 'POST'), /^ERR_FORBIDDEN: the viewer token does not permit this/);
  t.match(await ask({ ...viewer, authorization: 'Bearer wrong' }), /^ERR_UNAUTHENTICATED: the token is wrong/);
  t.match(await ask({ ...viewer, origin: 'http://localhost:7878' }), /^ERR_FORBIDDEN: requests from web pages/);
});

t.test('signing in needs nothing but the right page, or none', async (t) => {
  const ask = await gate(t);
  const host = 'localhost:7878';
  const knock = (headers: OutgoingHttpHeaders): Promise<string> => ask({ host, ...headers }, 'anyone', 'POST');
  t.equal(await knock({}), '');
  t.equal(await knock({ origin: 'http://localhost:7878', ...JSON_TYPE }), '');
  t.match(
    await knock({ origin: 'http://localhost:3000', ...JSON_TYPE }),
    /^ERR_FORBIDDEN: pages of http:\/\/localhost:3000/,
  );
  t.match(await knock({ origin: 'http://localhost:7878' }), /^ERR_FORBIDDEN: the body/);
  t.match(await knock({ host: 'evil.example' }), /^ERR_FORBIDDEN: this server is not evil\.example/);
});

t.test('a cookie is for nobody else: no script, no other site, and under TLS nobody who listens', async (t) => {
  const answer: RequestListener = (incoming, response) => {
    response.end([sessionCookie(incoming, 'a.b.c'), noSessionCookie(incoming)].join('\n'));
  };
  const { cert, key } = await selfSignedCertificate([HOST]);
  const servers = [createServer(answer), createSecureServer({ cert, key }, answer)] as const;
  const cookies: string[][] = [];
  for (const [server, send] of [
    [servers[0], request],
    [servers[1], secureRequest],
  ] as const) {
    server.listen(0, HOST);
    t.teardown(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const headers of [{ host: 'localhost:7878' }, { host: 'desk.example', origin: 'https://desk.example' }]) {
      const sent = send({ host: HOST, port, headers, agent: false, rejectUnauthorized: false }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      cookies.push((await text(response)).split('\n'));
    }
  }
  const [kept, gone] = ['Max-Age=2592000', 'Max-Age=0'].map((age) => `${age}; Path=/; HttpOnly; SameSite=Strict`);
  const named = (name: string, secure: string): string[] => [
    `${name}=a.b.c; ${kept}${secure}`,
    `${name}=; ${gone}${secure}`,
  ];
  t.same(cookies, [
    named('layerline-7878', ''),
    named('layerline', '; Secure'),
    named('layerline-7878', '; Secure'),
    named('layerline', '; Secure'),
  ]);
});
