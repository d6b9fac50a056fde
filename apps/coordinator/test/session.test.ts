import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Test } from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import type { DashboardOptions } from '../src/web/options.js';
import { openCoordinator } from './support/cluster.js';

const TYPE = { 'content-type': 'application/json' };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A coordinator with a page, and whoever talks to it as a browser does that calls it by this host. */
async function open(t: Test, dashboard?: Partial<DashboardOptions>): Promise<Coordinator> {
  const page = t.testdir({ 'index.html': 'Layerline' });
  return openCoordinator(t, {}, { dashboard: { page, ...dashboard } });
}

async function ask(
  { port }: Coordinator,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body?: object,
): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
  const sent = request(options).end(body && JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await json(response) };
}

/** The headers of a page's requests. @param host by which the browser calls the coordinator */
const pageAt = (host: string): OutgoingHttpHeaders => ({ host, origin: `http://${host}`, ...TYPE });

const refusal = (status: number, code: string, message: RegExp): object => ({
  status,
  body: { error: { code, message } },
});

/** Signs a browser in. @returns what it sends from then on */
async function signIn(
  coordinator: Coordinator,
  role: 'viewer' | 'operator',
  host: string,
): Promise<OutgoingHttpHeaders> {
  const code = coordinator.codes.issue(role);
  const { headers } = await ask(coordinator, 'POST', '/api/session', pageAt(host), { code });
  const [cookie = ''] = headers['set-cookie']?.[0]?.split(';') ?? [];
  return { ...pageAt(host), cookie };
}

t.test('a code is traded once for a cookie that no script can read, nor another site send', async (t) => {
  const coordinator = await open(t);
  const host = `localhost:${coordinator.port}`;
  for (const principal of ['viewer', 'operator'] as const) {
    const code = coordinator.codes.issue(principal);
    const { status, headers, body } = await ask(coordinator, 'POST', '/api/session', pageAt(host), { code });
    t.equal(status, 200);
    t.same(body, { principal, version: '1' });
    t.equal(headers['set-cookie']?.length, 1);
    const attributes = headers['set-cookie']?.[0]?.split('; ') ?? [];
    const name = `layerline-${coordinator.port}`;
    t.match(attributes[0], new RegExp(`^${name}=${principal}\\.\\d+\\.[\\w-]{43}$`));
    t.same(attributes.slice(1), ['Max-Age=2592000', 'Path=/', 'HttpOnly', 'SameSite=Strict']);
    const cookie = attributes[0] ?? '';
    t.match(await ask(coordinator, 'GET', '/api/session', { host, cookie }), { status: 200, body });
    t.match(
      await ask(coordinator, 'POST', '/api/session', pageAt(host), { code }),
      refusal(401, 'ERR_SIGN_IN_CODE', /^this address has been used already.* layerline dashboard prints a new one$/),
    );
  }
  const secure = await ask(
    coordinator,
    'POST',
    '/api/session',
    { host: 'localhost', origin: 'https://localhost', ...TYPE },
    { code: coordinator.codes.issue('viewer') },
  );
  t.match(secure.headers['set-cookie']?.[0], /^layerline=viewer\..*; SameSite=Strict; Secure$/);
});

t.test('a cookie outlives the coordinator, as long as its tokens are kept', async (t) => {
  const first = await open(t);
  const headers = await signIn(first, 'operator', 'localhost:7878');
  first.stop();
  const second = await open(t);
  t.match(await ask(second, 'GET', '/api/session', headers), { status: 200, body: { principal: 'operator' } });
});

t.test('who is signed in as a viewer looks and leaves, and is told why nothing else is allowed', async (t) => {
  const coordinator = await open(t);
  const host = `127.0.0.1:${coordinator.port}`;
  const viewer = await signIn(coordinator, 'viewer', host);
  t.match(await ask(coordinator, 'GET', '/api/status', viewer), { status: 200, body: { version: '1' } });
  const refused = refusal(
    403,
    'ERR_FORBIDDEN',
    /^you are signed in as a viewer, who may only look: layerline dashboard/,
  );
  t.match(await ask(coordinator, 'POST', '/api/runs/some/stop', viewer, {}), refused);
  t.match(await ask(coordinator, 'POST', '/api/session/codes', viewer, { principal: 'operator' }), refused);
  const { status, headers } = await ask(coordinator, 'DELETE', '/api/session', viewer);
  t.equal(status, 200);
  t.same(headers['set-cookie'], [`layerline-${coordinator.port}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`]);
});

t.test('who is signed in as an operator steers, through a tunnel too, but not for another site', async (t) => {
  const coordinator = await open(t);
  const unknown = refusal(404, 'ERR_UNKNOWN_RUN', /no run some/);
  for (const host of [`127.0.0.1:${coordinator.port}`, 'localhost:9000', '[::1]:9000']) {
    const operator = await signIn(coordinator, 'operator', host);
    t.match(await ask(coordinator, 'POST', '/api/runs/some/stop', operator, {}), unknown, 'it has been let in');
    for (const origin of ['http://localhost:3000', 'https://evil.example', 'null']) {
      t.match(
        await ask(coordinator, 'POST', '/api/runs/some/stop', { ...operator, origin }, {}),
        refusal(403, 'ERR_FORBIDDEN', new RegExp(`^pages of ${origin} may not do this`)),
      );
    }
    const form = { ...operator, 'content-type': 'text/plain' };
    t.match(await ask(coordinator, 'POST', '/api/runs/some/stop', form, {}), { status: 403 });
    t.match(await ask(coordinator, 'GET', '/api/status', { ...operator, 'sec-fetch-site': 'same-site' }), {
      status: 403,
    });
    t.match(await ask(coordinator, 'GET', '/api/status', { ...operator, 'sec-fetch-site': 'same-origin' }), {
      status: 200,
    });
  }
});

t.test('strangers are told to sign in, whatever they ask for, and not read any further', async (t) => {
  const coordinator = await open(t);
  const { port } = coordinator;
  const refused = refusal(401, 'ERR_UNAUTHENTICATED', /layerline dashboard prints an address that signs you in$/);
  for (const [method, path] of [
    ['GET', '/api/session'],
    ['DELETE', '/api/session'],
    ['GET', '/api/runs/none'],
    ['POST', '/api/session/codes'],
    ['GET', '/api/rumours'],
    ['GET', '/api/runs/%zz'],
  ] as const) {
    const answer = await ask(coordinator, method, path, pageAt(`localhost:${port}`));
    t.match(answer, refused, `${method} ${path}`);
    t.match(answer.headers, { connection: 'close', 'www-authenticate': 'Bearer' });
  }
  const host = pageAt(`localhost:${port}`);
  const sign = (headers: OutgoingHttpHeaders, body: object): Promise<Answer> =>
    ask(coordinator, 'POST', '/api/session', headers, body);
  t.match(await sign(host, { code: 'x'.repeat(2000) }), { status: 413 });
  t.match(await sign(host, { token: 'x' }), { status: 400 });
  t.match(await sign({ ...host, origin: 'http://evil.example' }, { code: 'x' }), { status: 403 });
  t.match(await sign({ ...host, host: 'evil.example' }, { code: 'x' }), { status: 403 });
  for (let tries = 1; tries <= 10; tries++) t.equal((await sign(host, { code: 'guess' })).status, 401);
  t.match(await sign(host, { code: 'guess' }), refusal(429, 'ERR_SIGN_IN_RATE', /wait for a minute$/));
});

t.test('an operator lets others in', async (t) => {
  const coordinator = await open(t, { url: 'https://desk.example/' });
  const { operator, viewer } = coordinator.options.authority.tokens;
  const headers = { authorization: bearer(operator) };
  const invited = await ask(coordinator, 'POST', '/api/session/codes', headers, { principal: 'viewer' });
  t.match(invited, { status: 201, body: { url: 'https://desk.example/' } });
  const { code } = invited.body as { code: string };
  const host = `localhost:${coordinator.port}`;
  t.match(await ask(coordinator, 'POST', '/api/session', pageAt(host), { code }), { body: { principal: 'viewer' } });
  const asViewer = { authorization: bearer(viewer) };
  const refused = refusal(403, 'ERR_FORBIDDEN', /^the viewer token does not permit this: operate$/);
  t.match(await ask(coordinator, 'POST', '/api/session/codes', asViewer, { principal: 'viewer' }), refused);
  t.match(await ask(coordinator, 'POST', '/api/session/codes', headers, { principal: 'node' }), { status: 400 });
  t.match(await ask(coordinator, 'GET', '/api/session', asViewer), { body: { principal: 'viewer' } });

  const without = await openCoordinator(t);
  t.match(
    await ask(without, 'POST', '/api/session/codes', headers, { principal: 'viewer' }),
    refusal(409, 'ERR_NO_DASHBOARD', /^This coordinator serves no dashboard: start it without --no-dashboard$/),
  );
});
