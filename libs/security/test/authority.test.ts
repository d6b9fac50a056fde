import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { Authority, bearer, checkedToken, keptToken, newSecret, PRINCIPALS, readToken } from '../src/index.js';
import type { Action, Principal } from '../src/index.js';
import { HOST } from './support.js';

const ACTIONS: readonly Action[] = ['serve', 'operate', 'view'];
const TOKENS: Readonly<Record<Principal, string>> = { node: newSecret(), operator: newSecret(), viewer: newSecret() };
const MISSING =
  'the token is missing, or you are not signed in: layerline dashboard prints an address that signs you in';
const NAMES = [HOST, 'Coordinator.example', '2001:db8::1'];

/** What an authority says of requests that really were sent. */
async function gate(
  t: { teardown(end: () => void): void },
  authority: Authority,
): Promise<(action: Action, headers: Record<string, string>) => Promise<string>> {
  const server = createServer((incoming: IncomingMessage, response) => {
    try {
      authority.admit(incoming, incoming.url?.slice(1) as Action);
      response.end('allowed');
    } catch (error) {
      response.end((error as Error).message);
    }
  });
  t.teardown(() => server.close());
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async (action, headers) => {
    const sent = request({ host: HOST, port, path: `/${action}`, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
    return text;
  };
}

t.test('each principal may do what is its own', async (t) => {
  const ask = await gate(t, new Authority(TOKENS, NAMES));
  const allowed: Record<Principal, Action[]> = {
    node: ['serve', 'view'],
    operator: ['operate', 'view'],
    viewer: ['view'],
  };
  for (const principal of PRINCIPALS) {
    for (const action of ACTIONS) {
      const answer = await ask(action, { authorization: bearer(TOKENS[principal]) });
      const expected = allowed[principal].includes(action)
        ? 'allowed'
        : `the ${principal} token does not permit this: ${action}`;
      t.equal(answer, expected, `${principal}: ${action}`);
    }
  }
});

t.test('one token may stand for several principals', async (t) => {
  const token = newSecret();
  const ask = await gate(t, new Authority({ ...TOKENS, node: token, operator: token }, NAMES));
  for (const action of ACTIONS) t.equal(await ask(action, { authorization: bearer(token) }), 'allowed', action);
});

t.test('nothing else opens', async (t) => {
  const ask = await gate(t, new Authority(TOKENS, NAMES));
  const { operator } = TOKENS;
  const refusals: [Record<string, string>, string][] = [
    [{}, MISSING],
    [{ authorization: '' }, MISSING],
    [{ authorization: operator }, MISSING],
    [{ authorization: `Basic ${operator}` }, MISSING],
    [{ cookie: `token=${operator}` }, MISSING],
    [{ authorization: bearer(operator.slice(1)) }, 'the token is wrong'],
    [{ authorization: bearer(`${operator}x`) }, 'the token is wrong'],
    [{ authorization: bearer(operator.toLowerCase()) }, 'the token is wrong'],
    [{ authorization: bearer(newSecret()) }, 'the token is wrong'],
    [
      { authorization: bearer(operator), origin: 'http://localhost' },
      'requests from web pages are not allowed to carry a token',
    ],
    [{ authorization: bearer(operator), host: 'evil.example' }, 'this server is not evil.example'],
  ];
  for (const [headers, refusal] of refusals) {
    for (const action of ACTIONS) t.equal(await ask(action, headers), refusal);
  }
});

t.test('a server answers to all of its names, however they are written', async (t) => {
  const ask = await gate(t, new Authority(TOKENS, NAMES));
  const authorization = bearer(TOKENS.viewer);
  for (const host of [HOST, `${HOST}:7000`, 'localhost:1', 'coordinator.example', 'COORDINATOR.example:443']) {
    t.equal(await ask('view', { authorization, host }), 'allowed', host);
  }
  for (const host of ['[2001:db8::1]', '[2001:db8::1]:7000']) {
    t.equal(await ask('view', { authorization, host }), 'allowed', host);
  }
  for (const host of ['[2001:db8::2]', 'coordinator.example.evil', 'xlocalhost', '127.0.0.2']) {
    t.match(await ask('view', { authorization, host }), /^this server is not /, host);
  }
});

t.test('a kept token is made once, for its owner only', (t) => {
  const file = join(t.testdir(), 'a', 'token');
  const token = keptToken(file);
  t.match(token, /^[\w-]{43}$/, '256 bits');
  t.equal(keptToken(file), token);
  t.equal(readToken(file), token);
  t.equal(readFileSync(file, 'utf8'), `${token}\n`);
  if (process.platform !== 'win32') {
    t.equal(statSync(file).mode & 0o777, 0o600);
    t.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  }
  t.throws(() => keptToken(join(file, 'below')), { code: 'ERR_TOKEN', message: /^Cannot keep a token at / });
  t.end();
});

t.test(
  'a token that others can read or change is refused, with what to do',
  { skip: process.platform === 'win32' },
  (t) => {
    const file = join(t.testdir(), 'token');
    const token = keptToken(file);
    for (const mode of [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o666]) {
      chmodSync(file, mode);
      const message = `Others can read or change the token file ${file}: run chmod 600 ${file}`;
      t.throws(() => readToken(file), { name: 'TokenError', code: 'ERR_TOKEN', message }, mode.toString(8));
      t.throws(() => keptToken(file), { code: 'ERR_TOKEN', message });
      const isSafe = (mode & 0o022) === 0;
      if (isSafe) t.equal(readToken(file, true), token, `${mode.toString(8)}: the user has named it`);
      else t.throws(() => readToken(file, true), { code: 'ERR_TOKEN', message });
    }
    for (const mode of [0o600, 0o400, 0o700]) {
      chmodSync(file, mode);
      t.equal(readToken(file), token);
    }
    t.end();
  },
);

t.test('what is no token is refused, and its text is not told', (t) => {
  const folder = t.testdir();
  const contents = ['', '\n', 'fifteen letters', 'x'.repeat(15), `${newSecret()}\n${newSecret()}\n`, 'ä'.repeat(20)];
  for (const [index, text] of contents.entries()) {
    const file = join(folder, `${index}`);
    writeFileSync(file, text, { mode: 0o600 });
    const message = `${file} holds no token: one line of at least 16 printable ASCII characters, without spaces`;
    t.throws(() => readToken(file), { code: 'ERR_TOKEN', message }, JSON.stringify(text));
    t.throws(() => keptToken(file), { code: 'ERR_TOKEN' }, 'what is there stays');
    t.equal(readFileSync(file, 'utf8'), text);
  }
  t.throws(() => readToken(join(folder, 'none')), {
    code: 'ERR_TOKEN',
    message: /^Cannot read the token file .*ENOENT/,
  });
  t.notOk(existsSync(join(folder, 'none')));
  t.equal(checkedToken('x'.repeat(16), 'LAYERLINE_TOKEN'), 'x'.repeat(16));
  t.throws(() => checkedToken('short', 'LAYERLINE_TOKEN'), { code: 'ERR_TOKEN', message: /^LAYERLINE_TOKEN holds no/ });
  t.end();
});
