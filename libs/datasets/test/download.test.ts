import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { gunzipSync } from 'node:zlib';
import { download, type DownloadOptions, type DownloadProgress } from '../src/download.js';
import { DownloadError } from '../src/index.js';
import { PartFile } from '../src/part-file.js';
import { FASHION, failure, MNIST, smallSources } from './fixtures.js';
import { mirror, NOBODY, rangeHeaders, serve, startOf, stop, type Mirror } from './server.js';

const FILE = smallSources().mnist.files['train-images'];
const STORED = `${FILE.name}.gz`;

function options(mirrors: readonly string[], more: Partial<DownloadOptions> = {}): DownloadOptions {
  return { mirrors, signal: new AbortController().signal, onProgress: () => undefined, retryDelayMs: 0, ...more };
}

/** Breaks the connection whenever something has arrived and the file is not complete. */
function hangUp(of: () => Mirror): Pick<DownloadOptions, 'onProgress'> {
  return {
    onProgress: ({ receivedBytes, totalBytes }) => {
      if (receivedBytes !== totalBytes) of().hangUp();
    },
  };
}

function isWhole(directory: string): boolean {
  return gunzipSync(readFileSync(join(directory, STORED))).equals(MNIST['train-images']);
}

t.test('a file is fetched, checked and reported', async (t) => {
  const { url, requests } = await mirror(t, MNIST);
  const directory = t.testdir();
  const seen: DownloadProgress[] = [];
  await download(FILE, directory, options([url], { onProgress: (progress) => seen.push(progress) }));
  t.ok(isWhole(directory));
  t.same(readdirSync(directory), [STORED], 'nothing else is left');
  t.same(requests, [{ file: STORED, range: undefined, ifRange: undefined }]);
  const size = readFileSync(join(directory, STORED)).length;
  t.same(seen.at(-1), { file: STORED, receivedBytes: size, totalBytes: size });
});

t.test('a broken download is resumed where it broke off', async (t) => {
  const server = await mirror(t, MNIST, (request, body, response, earlier) =>
    earlier < 2 ? stop(request, body, response, 100) : serve(request, body, response),
  );
  const directory = t.testdir();
  await download(
    FILE,
    directory,
    options(
      [server.url],
      hangUp(() => server),
    ),
  );
  t.ok(isWhole(directory));
  t.same(
    server.requests.map(({ range, ifRange }) => [range, ifRange]),
    [
      [undefined, undefined],
      ['bytes=100-', '"v1"'],
      ['bytes=200-', '"v1"'],
    ],
  );
});

t.test('a server without ranges is read from the beginning again', async (t) => {
  const server = await mirror(t, MNIST, (request, body, response, earlier) =>
    earlier === 0
      ? stop(request, body, response, 100)
      : void response.writeHead(200, { 'content-length': body.length }).end(body),
  );
  const directory = t.testdir();
  await download(
    FILE,
    directory,
    options(
      [server.url],
      hangUp(() => server),
    ),
  );
  t.ok(isWhole(directory));
  t.same(
    server.requests.map(({ range }) => range),
    [undefined, 'bytes=100-'],
  );
});

t.test('a server that always breaks at the same place is given up on', async (t) => {
  const server = await mirror(t, MNIST, (_request, body, response) =>
    stop({ file: STORED, range: undefined, ifRange: undefined }, body, response, 100),
  );
  const error = await failure(
    download(
      FILE,
      t.testdir(),
      options(
        [server.url],
        hangUp(() => server),
      ),
    ),
  );
  t.equal(error.code, 'ERR_DOWNLOAD_INTERRUPTED');
  t.match(error.message, /^train-images-idx3-ubyte\.gz could not be fetched: the connection to 127\.0\.0\.1:\d+ broke/);
  t.equal(server.requests.length, 4, 'one that brought something new, and three that did not');
});

t.test('a wrong range is not appended', async (t) => {
  const server = await mirror(t, MNIST, (request, body, response, earlier) => {
    if (earlier === 0) stop(request, body, response, 100);
    else if (startOf(request) === 100) response.writeHead(206, rangeHeaders(50, body)).end(body.subarray(50));
    else serve(request, body, response);
  });
  const directory = t.testdir();
  await download(
    FILE,
    directory,
    options(
      [server.url],
      hangUp(() => server),
    ),
  );
  t.ok(isWhole(directory));
  t.same(
    server.requests.map(({ range }) => range),
    [undefined, 'bytes=100-', undefined],
  );
});

t.test('what an earlier process left is taken over, and checked with the rest', async (t) => {
  const { url, requests } = await mirror(t, MNIST);
  const directory = t.testdir();
  const leave = async (bytes: Buffer): Promise<void> => {
    const part = await PartFile.claim(directory, STORED, `${url}${STORED}`);
    await part.append(bytes);
    await part.release(STORED, `${url}${STORED}`);
  };
  await download(FILE, directory, options([url]));
  const body = readFileSync(join(directory, STORED));

  await leave(body.subarray(0, 300));
  await download(FILE, directory, options([url]));
  t.equal(requests.at(-1)?.range, 'bytes=300-');
  t.ok(isWhole(directory));

  await leave(body);
  await download(FILE, directory, options([url]));
  t.equal(requests.at(-1)?.range, `bytes=${body.length}-`, 'a part that was whole already: the server answers 416');
  t.ok(isWhole(directory));

  await leave(Buffer.alloc(300, 7));
  await download(FILE, directory, options([url]));
  t.equal(requests.at(-1)?.range, undefined, 'a part of a different file is fetched once more from the start');
  t.ok(isWhole(directory));

  await leave(Buffer.alloc(body.length + 5, 7));
  await download(FILE, directory, options([url]));
  t.ok(isWhole(directory));
  t.same(readdirSync(directory), [STORED]);
});

t.test('a part of a process that still lives is left alone', async (t) => {
  const { url, requests } = await mirror(t, MNIST);
  const directory = t.testdir();
  const other = await PartFile.claim(directory, STORED, `${url}${STORED}`);
  await other.append(Buffer.alloc(50, 1));
  await download(FILE, directory, options([url]));
  t.equal(requests[0]?.range, undefined);
  t.ok(isWhole(directory));
  t.equal(readFileSync(other.path).length, 50);
  await other.release(STORED, url);
});

t.test('a part of one mirror is not continued with another', async (t) => {
  const broken = await mirror(t, MNIST, (request, body, response, earlier) =>
    earlier === 0 ? stop(request, body, response, 100) : void response.writeHead(404).end(),
  );
  const good = await mirror(t, MNIST);
  const directory = t.testdir();
  await download(
    FILE,
    directory,
    options(
      [broken.url, good.url],
      hangUp(() => broken),
    ),
  );
  t.equal(good.requests[0]?.range, undefined);
  t.ok(isWhole(directory));
  t.same(readdirSync(directory), [STORED], 'the other part is removed in the end');
});

t.test('the next mirror is tried after any failure, and all are named when none works', async (t) => {
  const other = await mirror(t, FASHION);
  const absent = await mirror(t, MNIST, (_request, _body, response) => void response.writeHead(404).end('no'));
  const huge = await mirror(t, MNIST, (_request, _body, response) => void response.end(Buffer.alloc(1 << 20, 31)));
  const text = await mirror(t, MNIST, (_request, _body, response) => void response.end('<html>log in first</html>'));
  const half = await mirror(t, MNIST, (_request, body, response) => void response.end(body.subarray(0, 90)));
  const good = await mirror(t, MNIST);
  const bad = [other.url, absent.url, huge.url, text.url, half.url, NOBODY];

  const directory = t.testdir();
  await download(FILE, directory, options([...bad, good.url]));
  t.ok(isWhole(directory));
  t.equal(other.requests.length, 1, 'a whole wrong file is not fetched twice');

  const empty = join(directory, 'empty');
  mkdirSync(empty);
  const error = await failure(download(FILE, empty, options(bad)));
  t.ok(error instanceof DownloadError);
  t.equal(error.code, 'ERR_DOWNLOAD_CONTENT', 'the first mirror’s problem');
  t.match(error.message, /sent a different file \(SHA-256 [0-9a-f]{12}… instead of [0-9a-f]{12}…\)/);
  t.match(error.message, /answered 404 Not Found/);
  t.match(error.message, /sent a different file \(too large\)/);
  t.match(error.message, /sent a different file \(broken gzip data\)/);
  t.match(error.message, /127\.0\.0\.1:\d+ refuses connections$/);
  t.notMatch(error.message, /\n/);
  t.same(readdirSync(empty), [], 'nothing half-written');
});

t.test('a server that stops sending is given up on', async (t) => {
  const { url } = await mirror(t, MNIST, (_request, body, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 10));
  });
  const error = await failure(download(FILE, t.testdir(), options([url], { stallMs: 50 })));
  t.equal(error.code, 'ERR_DOWNLOAD_TIMEOUT');
  t.match(error.message, /sent nothing for 0\.05 s$/);
});

t.test('a server error that passes is waited out', async (t) => {
  const { url } = await mirror(t, MNIST, (request, body, response, earlier) =>
    earlier === 0 ? void response.writeHead(503).end() : serve(request, body, response),
  );
  const directory = t.testdir();
  await download(FILE, directory, options([url]));
  t.ok(isWhole(directory));
});

t.test('an abort stops at once with its reason and keeps what arrived', async (t) => {
  const abort = new AbortController();
  const { url } = await mirror(t, MNIST, (_request, body, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 100));
  });
  const directory = t.testdir();
  const reason = new Error('Ctrl-C');
  const onProgress = (): void => abort.abort(reason);
  const error = await failure(download(FILE, directory, options([url], { signal: abort.signal, onProgress })));
  t.equal(error, reason);
  const [left] = readdirSync(directory);
  t.match(left, /^train-images-idx3-ubyte\.gz\..*\.0\..*\.part$/);
  t.equal(readFileSync(join(directory, left as string)).length, 100);
});

t.test('a directory that cannot be written to', async (t) => {
  const { url } = await mirror(t, MNIST);
  const file = join(t.testdir({ file: '' }), 'file');
  const error = await failure(download(FILE, file, options([url])));
  t.equal(error.code, 'ERR_DOWNLOAD_STORE');
  t.match(error.message, /^Cannot store data sets in .*file: ENOTDIR$/);
});

t.test('processes that fetch the same file at once, one of them killed, end with a whole file', async (t) => {
  const slow = await mirror(t, MNIST, (request, body, response) => {
    const start = startOf(request) ?? 0;
    if (start > 0) response.writeHead(206, rangeHeaders(start, body));
    else response.writeHead(200, { 'content-length': body.length });
    let at = start;
    const more = (): void => {
      if (at >= body.length) return void response.end();
      response.write(body.subarray(at, (at += 64)), () => setImmediate(more));
    };
    more();
  });
  const directory = t.testdir();
  const script = join(directory, 'child.mjs');
  writeFileSync(
    script,
    `import { download } from ${JSON.stringify(new URL('../src/download.js', import.meta.url).href)};
    const [directory, url, file] = JSON.parse(process.argv[2]);
    const signal = new AbortController().signal;
    await download(file, directory, { mirrors: [url], signal, onProgress: () => process.send?.('bytes') });
    process.disconnect();`,
  );
  const target = join(directory, 'cache');
  mkdirSync(target);
  const start = () => fork(script, [JSON.stringify([target, slow.url, FILE])]);
  const [victim, ...others] = [start(), start(), start()];
  const ended = (child: ReturnType<typeof start>) =>
    new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ends = others.map(ended);
  const killed = ended(victim);
  victim.once('message', () => victim.kill('SIGKILL'));
  await killed;
  t.same(await Promise.all(ends), [0, 0]);
  t.ok(isWhole(target));

  await download(FILE, target, options([slow.url]));
  t.ok(isWhole(target));
  t.same(readdirSync(target), [STORED], 'the part of the killed process is used or removed');
});
