import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import {
  defaultCacheDirectory,
  describeDatasets,
  knownSummary,
  loadDataset,
  resolveDataset,
  UnknownDatasetError,
  type DownloadProgress,
} from '../src/index.js';
import { FASHION, failure, fileName, MNIST, smallSources, writeFiles } from './fixtures.js';
import { mirror, NOBODY } from './server.js';

t.test('a data directory is used and nothing else', async (t) => {
  const sources = smallSources([NOBODY]);
  const root = t.testdir();
  const dataDirectory = join(root, 'data');
  writeFiles(join(dataDirectory, 'mnist'), MNIST);
  const cacheDirectory = join(root, 'cache');
  for (const request of ['auto', 'mnist'] as const) {
    const resolved = await resolveDataset(request, { dataDirectory, cacheDirectory, sources });
    const directory = join(dataDirectory, 'mnist');
    const summary = knownSummary('mnist');
    t.same(resolved, { reference: { name: 'mnist', directory }, summary, reason: `mnist from ${directory}` });
    const reference = JSON.parse(JSON.stringify(resolved.reference)) as typeof resolved.reference;
    t.equal((await loadDataset(reference, { sources })).train.count, 120);
  }
  writeFiles(join(cacheDirectory, 'fashion-mnist'), FASHION);
  const missing = await failure(resolveDataset('fashion-mnist', { dataDirectory, cacheDirectory, sources }));
  t.equal(missing.code, 'ERR_DATASET_MISSING', 'no way round a directory that was named');
  writeFiles(join(dataDirectory, 'mnist'), FASHION);
  for (const request of ['auto', 'mnist'] as const) {
    const error = await failure(resolveDataset(request, { dataDirectory, cacheDirectory, sources }));
    t.equal(error.code, 'ERR_DATASET_MISLABELLED', request);
  }
});

t.test('the cache is used before a download, and repaired by one', async (t) => {
  const { url, requests } = await mirror(t, MNIST);
  const sources = smallSources([url]);
  const cacheDirectory = t.testdir();
  const progress: DownloadProgress[] = [];
  const options = { cacheDirectory, sources, onProgress: (seen: DownloadProgress) => progress.push(seen) };

  const first = await resolveDataset('auto', options);
  const directory = join(cacheDirectory, 'mnist');
  t.same(first.reference, { name: 'mnist', directory });
  t.equal(first.reason, `mnist from ${directory} (downloaded now)`);
  t.equal(requests.length, 4);
  t.equal(new Set(progress.map(({ file }) => file)).size, 4);
  t.equal(readdirSync(directory).length, 4);

  const second = await resolveDataset('mnist', options);
  t.equal(second.reason, `mnist from ${directory} (downloaded before)`);
  t.equal(requests.length, 4, 'nothing was fetched');

  writeFileSync(join(directory, `${fileName('test-labels')}.gz`), 'spoilt');
  writeFileSync(join(directory, fileName('train-labels')), 'in the way of the good one');
  const third = await resolveDataset('mnist', options);
  t.equal(third.reason, `mnist from ${directory} (downloaded now)`);
  t.equal(requests.length, 5, 'only what was bad was fetched');
  t.equal((await loadDataset(third.reference, { sources })).test.count, 40);
});

t.test('auto falls back to digits and says why', async (t) => {
  const root = t.testdir({ file: '' });
  const offline = await resolveDataset('auto', {
    cacheDirectory: join(root, 'cache'),
    sources: smallSources([NOBODY]),
    digitsSeed: 3,
  });
  t.same(offline.reference, { name: 'digits', seed: 3 });
  t.match(
    offline.reason,
    /^digits \(built in\): MNIST is not in the cache and could not be fetched \(127\.0\.0\.1:\d+ refuses conn.*\)$/,
  );

  const unwritable = await resolveDataset('auto', {
    cacheDirectory: join(root, 'file'),
    sources: smallSources([NOBODY]),
  });
  t.match(unwritable.reason, /could not be fetched \(Cannot store data sets in .*mnist: \w+\)$/);

  mkdirSync(join(root, 'odd', 'mnist', `${fileName('test-images')}.gz`), { recursive: true });
  const odd = await resolveDataset('auto', { cacheDirectory: join(root, 'odd'), sources: smallSources([NOBODY]) });
  t.match(odd.reason, /could not be fetched \(/, 'a directory in place of a file');
});

t.test('auto waits only so long', async (t) => {
  const silent = await mirror(t, MNIST, () => undefined);
  const stuck = await mirror(t, MNIST, (_request, body, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 10));
  });
  const cacheDirectory = t.testdir();
  const first = await resolveDataset('auto', {
    cacheDirectory,
    sources: smallSources([silent.url]),
    limits: { firstBytesMs: 200, wholeMs: 60_000 },
  });
  t.equal(first.reason, 'digits (built in): MNIST is not in the cache and could not be fetched within 0.2 s');
  const second = await resolveDataset('auto', {
    cacheDirectory,
    sources: smallSources([stuck.url]),
    limits: { firstBytesMs: 60_000, wholeMs: 400 },
  });
  t.match(second.reason, /could not be fetched within 0\.4 s$/, 'a download that never ends');
});

t.test('a data set asked for by name is fetched or refused', async (t) => {
  const { url } = await mirror(t, FASHION);
  const cacheDirectory = t.testdir();
  const found = await resolveDataset('fashion-mnist', { cacheDirectory, sources: smallSources([url]) });
  t.equal(found.reference.name, 'fashion-mnist');

  const error = await failure(resolveDataset('mnist', { cacheDirectory, sources: smallSources([NOBODY, url]) }));
  t.match(error, { name: 'DownloadError', code: 'ERR_DOWNLOAD_UNREACHABLE' });
  t.match(error.message, /^MNIST is not here: .* refuses connections; .*different file.*; give the directory /);
  t.notMatch(error.message, /\n/);
});

t.test('an abort is no reason to fall back', async (t) => {
  const abort = new AbortController();
  const reason = new Error('Ctrl-C');
  const silent = await mirror(t, MNIST, () => abort.abort(reason));
  const options = { cacheDirectory: t.testdir(), sources: smallSources([silent.url]), signal: abort.signal };
  t.equal(await failure(resolveDataset('auto', options)), reason);
});

t.test('digits and unknown names need no files', async (t) => {
  const resolved = await resolveDataset('digits', { dataDirectory: '/nowhere' });
  const summary = knownSummary('digits');
  t.same(resolved, { reference: { name: 'digits', seed: 1 }, summary, reason: 'digits (built in)' });
  t.equal(
    summary.trainByClass.reduce((sum, count) => sum + count, 0),
    20_000,
  );
  const error = await failure(resolveDataset('cifar'));
  t.ok(error instanceof UnknownDatasetError);
  t.match(error.message, /choose one of auto, mnist, fashion-mnist, digits, or give the path of a file or folder$/);
  t.equal(basename(defaultCacheDirectory()), 'data');
});

t.test('data sets are described with what is here', async (t) => {
  const root = t.testdir();
  const sources = smallSources();
  const dataDirectory = writeFiles(join(root, 'given'), MNIST, 'gzip');
  const cacheDirectory = join(root, 'cache');
  const described = async (given?: string) => {
    const all = await describeDatasets({ cacheDirectory, sources, dataDirectory: given });
    return Object.fromEntries(all.map((one) => [one.name, one]));
  };

  const given = await described(dataDirectory);
  t.match(given['mnist'], { present: true, directory: dataDirectory, train: 120, test: 40, problem: undefined });
  t.match(given['fashion-mnist'], { present: false, directory: undefined, bytes: 1000, problem: undefined });
  t.match(given['digits'], { present: true, train: 20_000, test: 4_000, bytes: 0 });

  writeFiles(join(cacheDirectory, 'fashion-mnist'), FASHION);
  const cached = await described();
  t.match(cached['mnist'], { present: false, problem: undefined });
  const bytes = Object.values(FASHION).reduce((sum, file) => sum + file.length, 0);
  t.match(cached['fashion-mnist'], { present: true, directory: join(cacheDirectory, 'fashion-mnist'), bytes });

  rmSync(join(dataDirectory, `${fileName('test-labels')}.gz`));
  t.match((await described(dataDirectory))['mnist']?.problem, /lacks t10k-labels-idx1-ubyte of MNIST/);
  mkdirSync(join(root, 'void'));
  t.match((await described(join(root, 'void')))['mnist'], { present: false, problem: undefined });
  t.match((await described(join(root, 'nowhere')))['mnist']?.problem, /no such file or directory/);
});
