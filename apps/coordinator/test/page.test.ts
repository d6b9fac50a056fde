import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { openCoordinator } from './support/cluster.js';

const INDEX = '<!doctype html><title>Layerline</title>';
const SCRIPT = 'document.title = "Layerline";'.repeat(20);
const STYLE = 'body { margin: 0 }';
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FILES = {
  'index.html': INDEX,
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  assets: {
    'index-L0zrgnZq.js': SCRIPT,
    'index-L0zrgnZq.js.br': brotliCompressSync(SCRIPT),
    'index-L0zrgnZq.js.gz': gzipSync(SCRIPT),
    'index-d1fDkq9p.css': STYLE,
  },
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Ask = (path: string, headers?: OutgoingHttpHeaders, method?: string) => Promise<Answer>;

/** A coordinator's server, as it answers whoever has no token. */
async function serve(t: Test, page?: string): Promise<Ask> {
  const { port } = await openCoordinator(t, {}, { dashboard: page === undefined ? undefined : { page } });
  return async (path, headers = {}, method = 'GET') => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  };
}

t.test('the page is served to whoever asks, with a policy that lets nothing else in', async (t) => {
  const ask = await serve(t, t.testdir(FILES));
  for (const path of ['/', '/index.html', '/?theme=dark']) {
    const { status, headers, body } = await ask(path);
    t.equal(status, 200, path);
    t.equal(body.toString(), INDEX);
    t.equal(headers['content-type'], 'text/html; charset=utf-8');
    t.equal(headers['cache-control'], 'no-cache', 'a page of another version is noticed');
    t.equal(headers['content-security-policy'], POLICY);
    t.equal(headers['x-content-type-options'], 'nosniff');
    t.equal(headers['referrer-policy'], 'same-origin');
    t.equal(headers['cross-origin-resource-policy'], 'same-origin');
  }
  const style = await ask('/assets/index-d1fDkq9p.css');
  t.equal(style.headers['content-type'], 'text/css; charset=utf-8');
  t.equal(style.headers['cache-control'], 'public, max-age=31536000, immutable');
  t.equal((await ask('/favicon.svg')).headers['content-type'], 'image/svg+xml');
  const head = await ask('/', {}, 'HEAD');
  t.match(head, { status: 200, headers: { 'content-length': `${INDEX.length}` } });
  t.equal(head.body.length, 0);
});

t.test('what was compressed is sent so to those who take it', async (t) => {
  const ask = await serve(t, t.testdir(FILES));
  const get = (coding?: string): Promise<Answer> =>
    ask('/assets/index-L0zrgnZq.js', coding === undefined ? {} : { 'accept-encoding': coding });
  const sent: [string | undefined, string | undefined, (body: Buffer) => Buffer][] = [
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['br;q=0, GZIP;q=0.5', 'gzip', gunzipSync],
    ['br;q=0.0', undefined, (body) => body],
    ['identity', undefined, (body) => body],
    [undefined, undefined, (body) => body],
  ];
  const etags = new Set<string | undefined>();
  for (const [accepted, coding, decode] of sent) {
    const { status, headers, body } = await get(accepted);
    t.equal(status, 200);
    t.equal(headers['content-encoding'], coding, accepted ?? 'no header');
    t.equal(decode(body).toString(), SCRIPT);
    t.equal(headers['content-length'], `${body.length}`);
    t.equal(headers['vary'], 'accept-encoding');
    t.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    etags.add(headers.etag);
  }
  t.equal(etags.size, 3, 'each form has a tag of its own');
});

t.test('what the browser has already is not sent again', async (t) => {
  const ask = await serve(t, t.testdir(FILES));
  const { headers } = await ask('/');
  const again = await ask('/', { 'if-none-match': headers.etag });
  t.match(again, { status: 304, headers: { etag: headers.etag, 'content-security-policy': POLICY } });
  t.equal(again.body.length, 0);
  t.equal((await ask('/', { 'if-none-match': '"other"' })).status, 200);
});

t.test('nothing but the page is served, and none to those who take it for another site', async (t) => {
  const folder = t.testdir({ page: FILES, 'secret.txt': 'secret' });
  const ask = await serve(t, `${folder}/page`);
  for (const path of ['/../secret.txt', '/assets/..%2f..%2fsecret.txt', '//secret.txt', '/assets', '/assets/', '/x']) {
    t.notMatch((await ask(path)).status, /^2/, path);
  }
  t.equal((await ask('/assets/index-L0zrgnZq.js.br')).status, (await ask('/x')).status);
  t.equal((await ask('/', { host: 'evil.example' })).status, 403);
  t.equal((await ask('/', {}, 'POST')).status, (await ask('/x', {}, 'POST')).status);
  for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000']) {
    t.equal((await ask('/', { host })).status, 200, `${host} may be the end of a tunnel`);
  }
});

t.test('the page stays that of the program that serves it, whatever becomes of its files', async (t) => {
  const folder = t.testdir(FILES);
  const ask = await serve(t, folder);
  rmSync(folder, { recursive: true });
  t.equal((await ask('/')).body.toString(), INDEX);
  t.equal((await ask('/', { range: 'bytes=5-2' })).status, 200, 'parts are not served, and need not be');
});

t.test('a page that is not there is an error before anything is served', async (t) => {
  for (const folder of [t.testdir({ empty: {} }), `${t.testdirName}/none`]) {
    await t.rejects(openCoordinator(t, {}, { dashboard: { page: folder } }), {
      code: 'ERR_PAGE',
      message: /^Cannot read the dashboard's page in .*: .*\. Install Layerline again, or add --no-dashboard$/,
    });
  }
});

t.test('a server without a page has none', async (t) => {
  const ask = await serve(t);
  t.equal((await ask('/')).status, 401);
});

t.test('probes are answered by address and without a token, and told nothing else', async (t) => {
  const ask = await serve(t);
  for (const path of ['/healthz', '/readyz']) {
    for (const headers of [{}, { host: '10.42.0.7:7878' }, { host: 'evil.example', origin: 'http://evil.example' }]) {
      const answer = await ask(path, headers);
      t.equal(answer.status, 200);
      t.equal(answer.body.toString(), 'ok\n');
    }
  }
  for (const path of ['/healthz/', '/healthz?x', '/api/health']) t.equal((await ask(path)).status, 401, path);
});
