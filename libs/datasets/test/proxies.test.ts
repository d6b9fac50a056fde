import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import selfsigned from 'selfsigned';
import t, { type Test } from 'tap';
import { download } from '../src/download.js';
import { resolveDataset } from '../src/index.js';
import { failure, MNIST, smallSources } from './fixtures.js';
import { loopbackProxy } from './loopback-proxy.js';
import { mirror } from './server.js';

const FILE = smallSources().mnist.files['train-images'];
const STORED = `${FILE.name}.gz`;
/** Reserved for documentation, so that nobody answers there but a proxy (RFC 5737). */
const ELSEWHERE = 'https://192.0.2.1/';

/** Whoever runs the tests may have proxies of their own. */
function withProxies(t: Test, environment: Readonly<Record<string, string>>): void {
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
}

async function fetched(t: Test, mirrors: readonly string[]): Promise<boolean> {
  const directory = t.testdir();
  const signal = new AbortController().signal;
  await download(FILE, directory, { mirrors, signal, onProgress: () => undefined, retryDelayMs: 0 });
  return gunzipSync(readFileSync(join(directory, STORED))).equals(MNIST['train-images']);
}

const refusal = async (t: Test, mirrors: readonly string[]): Promise<string> => {
  const error = await failure(fetched(t, mirrors));
  return error.message.replace(`${STORED} could not be fetched: `, `${error.code}: `);
};

t.test('a download goes through the proxy, with its name and password', async (t) => {
  const { url } = await mirror(t, MNIST);
  const proxy = await loopbackProxy(t, { password: 'me:p@ss' });
  withProxies(t, { HTTP_PROXY: `http://me:p%40ss@${proxy.host}` });
  t.equal(await fetched(t, [url]), true);
  t.same(proxy.asked, [`GET ${url}${STORED}`]);
});

t.test('NO_PROXY leads past it, in capitals or not', async (t) => {
  const { url } = await mirror(t, MNIST);
  const proxy = await loopbackProxy(t, { refusal: 403 });
  for (const environment of [
    { HTTP_PROXY: proxy.host, NO_PROXY: 'example.org,127.0.0.1' },
    { http_proxy: proxy.host, no_proxy: '*' },
    { HTTPS_PROXY: proxy.host },
  ]) {
    withProxies(t, environment);
    t.equal(await fetched(t, [url]), true, JSON.stringify(environment));
  }
  t.same(proxy.asked, []);
});

t.test('a proxy that refuses is named by its variable', async (t) => {
  const [closed, strict] = [await loopbackProxy(t, { refusal: 403 }), await loopbackProxy(t, { password: 'me:pass' })];
  const plain = 'http://192.0.2.1/';
  const wants = (variable: string): string =>
    `ERR_DOWNLOAD_PROXY: the proxy ${strict.host} of ${variable} wants a name and a password: ` +
    `set ${variable} to http://NAME:PASSWORD@${strict.host}`;
  withProxies(t, { HTTPS_PROXY: closed.host, http_proxy: strict.host });
  t.equal(
    await refusal(t, [ELSEWHERE]),
    `ERR_DOWNLOAD_PROXY: the proxy ${closed.host} of HTTPS_PROXY does not let us through to 192.0.2.1 (403)`,
  );
  t.same(closed.asked, ['CONNECT 192.0.2.1:443']);
  t.equal(await refusal(t, [plain]), wants('http_proxy'));
  withProxies(t, { https_proxy: `http://${strict.host}` });
  t.equal(await refusal(t, [ELSEWHERE]), wants('https_proxy'));
  for (const [variable, url] of [
    ['HTTP_PROXY', plain],
    ['HTTPS_PROXY', ELSEWHERE],
  ] as const) {
    withProxies(t, { [variable]: `http://me:wrong@${strict.host}` });
    const message = `the proxy ${strict.host} of ${variable} refuses the name and the password that ${variable} has`;
    t.equal(await refusal(t, [url]), `ERR_DOWNLOAD_PROXY: ${message}`);
  }
});

t.test('a proxy that is not there, or is none, is named once for all mirrors', async (t) => {
  const mirrors = [ELSEWHERE, 'https://192.0.2.2/'];
  withProxies(t, { HTTPS_PROXY: 'http://127.0.0.1:2' });
  const refused = 'the proxy 127.0.0.1:2 of HTTPS_PROXY refuses connections';
  t.equal(await refusal(t, mirrors), `ERR_DOWNLOAD_PROXY: ${refused}`);
  const options = { cacheDirectory: t.testdir(), sources: smallSources(mirrors) };
  const { reason } = await resolveDataset('auto', options);
  t.equal(reason, `digits (built in): MNIST is not in the cache and could not be fetched (${refused})`);
  withProxies(t, { HTTP_PROXY: 'http://127.0.0.1:2' });
  t.match(await refusal(t, ['http://192.0.2.1/']), /: the proxy 127\.0\.0\.1:2 of HTTP_PROXY refuses connections$/);

  withProxies(t, { HTTPS_PROXY: 'http://me:secret@' });
  const malformed = 'HTTPS_PROXY is not the address of a proxy: write http://HOST:PORT, or unset it';
  t.equal(await refusal(t, mirrors), `ERR_DOWNLOAD_PROXY: ${malformed}`);
  const named = await failure(resolveDataset('mnist', options));
  t.match(
    named.message,
    new RegExp(`^MNIST is not here: .*\\.gz could not be fetched: ${malformed}; give the directory `),
  );
});

t.test('a proxy that says nothing, or hangs up, is named', async (t) => {
  const silent = await loopbackProxy(t, { isSilent: true });
  const target = await mirror(t, MNIST, (_request, _body, response) => void response.destroy());
  withProxies(t, { HTTPS_PROXY: silent.host, HTTP_PROXY: silent.host });
  const options = { signal: new AbortController().signal, onProgress: () => undefined, retryDelayMs: 0, stallMs: 100 };
  const stalled = await failure(download(FILE, t.testdir(), { mirrors: [ELSEWHERE], ...options }));
  t.equal(stalled.code, 'ERR_DOWNLOAD_TIMEOUT');
  t.match(stalled.message, `192.0.2.1 sent nothing for 0.1 s, through the proxy ${silent.host} of HTTPS_PROXY`);
  const broken = await failure(download(FILE, t.testdir(), { mirrors: [target.url], ...options }));
  t.match(broken.message, /: 127\.0\.0\.1:\d+ answered 502 Bad Gateway, through the proxy .* of HTTP_PROXY$/);
});

t.test('what is encrypted goes through a tunnel, and the proxy sees nothing of it', async (t) => {
  const { cert, private: key } = await selfsigned.generate([{ name: 'commonName', value: 'mirror.example' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'mirror.example' }] }],
  });
  const server = createServer({ cert, key }, (_, response) => response.end(gzipSync(MNIST['train-images'])));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const proxy = await loopbackProxy(t, { tunnelTo: (server.address() as AddressInfo).port });
  const directory = t.testdir({ 'ca.pem': cert });
  const script = join(directory, 'child.mjs');
  writeFileSync(
    script,
    `import { download } from ${JSON.stringify(new URL('../src/download.js', import.meta.url).href)};
    const [directory, file] = JSON.parse(process.argv[2]);
    const signal = new AbortController().signal;
    await download(file, directory, { mirrors: ['https://mirror.example/'], signal, onProgress: () => undefined });`,
  );
  // Node reads whom to trust when it starts.
  const env = { NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem'), HTTPS_PROXY: `http://${proxy.host}` };
  await promisify(execFile)(process.execPath, [script, JSON.stringify([directory, FILE])], { env });
  t.ok(gunzipSync(readFileSync(join(directory, STORED))).equals(MNIST['train-images']));
  t.same(proxy.asked, ['CONNECT mirror.example:443']);
});
