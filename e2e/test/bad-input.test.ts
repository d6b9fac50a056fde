import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { imagesFile, labelsFile, sound } from './support/idx.js';
import { layerline, MNIST, QUICK } from './support/layerline.js';
import type { Options } from './support/layerline.js';
import { readJson } from './support/run-folder.js';
import { isRefusal } from './support/refusal.js';
import type { Refusal } from './support/refusal.js';
import { ordinaryUser } from './support/system.js';

/** For tests that take turns with two cores. */
const AT_ONCE = { buffered: true };

/** More than 3 TB of weights and what Adam keeps of them, each layer of which is allowed. */
const HUGE = Array.from({ length: 64 }, () => 65_536).join();

/** Tries to train: that must be refused, and leave nothing. */
async function refuses(t: Test, args: readonly string[], refusal: Refusal, options: Options = {}): Promise<void> {
  const cwd = options.cwd ?? t.testdir();
  const before = readdirSync(cwd);
  isRefusal(t, await layerline(t, ['train', '--quiet', ...args], { ...options, cwd }), refusal);
  t.same(readdirSync(cwd), before, 'nothing is left');
}

await t.test('options', async (t) => {
  t.jobs = 2;
  const cases: readonly (readonly [options: string, ...says: (string | RegExp)[]])[] = [
    ['--dataset imagenet', '--dataset', 'mnist', 'digits'],
    ['--layers 0', '--layers', '1'],
    ['--layers 500,0', '--layers (number 2)'],
    ['--layers 1e9', '--layers', '65536'],
    ['--layers 10,wide', '--layers (number 2)', 'number'],
    ['--learning-rate NaN', '--learning-rate', 'NaN'],
    ['--learning-rate -1', '--learning-rate', '0'],
    ['--learning-rate Infinity', '--learning-rate', 'not Infinity'],
    ['--epochs 0', '--epochs', '1'],
    ['--batch 2.5', '--batch', 'has to be a whole number of at least 1, not 2.5'],
    ['--dataset digits --batch 20001', 'batch', '20001', '20000'],
    ['--momentum 1', '--momentum', '1'],
    ['--preset huge', '--preset', 'huge', 'quick'],
    ['--objective contrastive', '--objective', 'threshold'],
    ['--threads 0', '--threads', '1'],
    ['--port 70000', '--port', '65535'],
    ['--dataset digits --layers 20 --classify-by all-but-first', 'all-but-first'],
    ['--lerning-rate 1', '--lerning-rate', 'Did you mean --learning-rate?'],
    ['--config none.json', 'none.json', /no such file/i],
    ['--config /dev/zero', '/dev/zero', 'is a device', 'plain file'],
    [`--dataset digits --layers ${HUGE}`, 'layers', /take at least \d+\.\d GiB .* this machine has \d+\.\d GiB/],
    ['mnist', 'argument'],
  ];
  for (const [options, ...says] of cases) {
    t.test(options.slice(0, 60), AT_ONCE, (t) => refuses(t, options.split(' '), { code: 2, says }));
  }
});

await t.test('config files', async (t) => {
  t.jobs = 2;
  const cases: readonly (readonly [file: string, content: string, ...says: (string | RegExp)[]])[] = [
    ['layerline.config.json', '{ "learningrate": 0.1 }', 'learningrate', 'Did you mean "learningRate"?'],
    ['layerline.config.json', '{ "qwertzuiop": 0.1 }', 'qwertzuiop', 'learningRate'],
    ['layerline.config.json', '{ "epochs": "ten" }', 'epochs', 'has to be a whole number from 1 to 1000000, not "ten"'],
    [
      'layerline.config.json',
      '{ "layers": [10, "20"] }',
      'layers (number 2)',
      'has to be a whole number from 1 to 65536',
    ],
    ['layerline.config.json', '{ "singleProcess": 1 }', 'singleProcess', 'has to be true or false'],
    ['layerline.config.json', '{ "layers": [10,', 'cannot be read'],
    ['layerline.config.json', '[10]', 'keys'],
    ['layerline.config.json', '{ "preset": { "toString": 1 } }', 'preset', '{ toString: 1 }'],
    ['layerline.config.json', '{ "learningRate": 1e999 }', 'learningRate', 'not Infinity'],
    ['layerline.config.json', '{ "epochs": 1, "epochs": 2 }', '"epochs" twice'],
    ['layerline.config.yaml', 'preset: &a [*a]\n', 'preset', 'Circular'],
    ['layerline.config.yaml', '- '.repeat(40), 'levels deep'],
    ['layerline.config.yaml', 'layers: [10\nepochs: 1\n', 'cannot be read', 'line 2'],
    ['layerline.config.yaml', 'optimiser: adam\n', 'optimiser', 'Did you mean "optimizer"?'],
    ['layerline.config.yml', '', 'keys'],
  ];
  for (const [file, content, ...says] of cases) {
    t.test(`${file} with ${JSON.stringify(content)}`, AT_ONCE, (t) =>
      refuses(t, [], { code: 2, says: [file, ...says] }, { cwd: t.testdir({ [file]: content }) }),
    );
  }
  t.test('environment', AT_ONCE, (t) =>
    refuses(t, [], { code: 2, says: ['LAYERLINE_BATCH', 'number'] }, { env: { LAYERLINE_BATCH: 'many' } }),
  );
  t.test('a misspelt variable', AT_ONCE, (t) =>
    refuses(t, [], { code: 2, says: ['Did you mean LAYERLINE_EPOCHS?'] }, { env: { LAYERLINE_EPOCH: '1' } }),
  );
  t.test('what a file says never steers the terminal', AT_ONCE, (t) =>
    refuses(
      t,
      [],
      { code: 2, says: [/^[\x20-\x7e]+\n$/, '\\u001b[2J'] },
      { cwd: t.testdir({ 'layerline.config.json': '{ "dataset": "\\u001b[2J\u202e" }' }) },
    ),
  );
});

await t.test('IDX files', async (t) => {
  t.jobs = 2;
  const good = sound();
  const images = imagesFile(30);
  const cases: Readonly<
    Record<string, readonly [files: Readonly<Record<string, Buffer>>, ...says: (string | RegExp)[]]>
  > = {
    'a truncated file': [
      { ...good, 'train-images-idx3-ubyte': images.subarray(0, 10_000) },
      'train-images-idx3-ubyte',
      '10000',
    ],
    'a truncated header': [{ ...good, 't10k-labels-idx1-ubyte': Buffer.from([0, 0, 8]) }, 't10k-labels-idx1-ubyte'],
    'bytes too many': [
      { ...good, 'train-images-idx3-ubyte': Buffer.concat([images, Buffer.alloc(1)]) },
      'train-images-idx3-ubyte',
    ],
    'labels in the place of images': [
      { ...good, 't10k-images-idx3-ubyte': labelsFile(10) },
      't10k-images-idx3-ubyte',
      'labels',
    ],
    'images in the place of labels': [
      { ...good, 'train-labels-idx1-ubyte': images },
      'train-labels-idx1-ubyte',
      'images',
    ],
    'something else': [
      { ...good, 'train-labels-idx1-ubyte': Buffer.from('<html>no</html>') },
      'train-labels-idx1-ubyte',
      'IDX',
    ],
    'more images than labels': [{ ...good, 'train-images-idx3-ubyte': imagesFile(31) }, '31 images', '30 labels'],
    'a missing file': [{ 'train-images-idx3-ubyte': images }, 'lacks', 't10k-labels-idx1-ubyte'],
    'broken gzip': [
      { 'train-images-idx3-ubyte.gz': gzipSync(images).subarray(0, 200), ...without(good, 'train-images') },
      'gzip',
    ],
    'no files': [{}, 'train-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
  };
  for (const [name, [files, ...says]] of Object.entries(cases)) {
    t.test(name, AT_ONCE, async (t) => {
      const cwd = t.testdir({ data: {} });
      for (const [file, content] of Object.entries(files)) writeFileSync(join(cwd, 'data', file), content);
      await refuses(t, ['--data-dir', 'data'], { says: [join(cwd, 'data'), ...says] }, { cwd });
    });
  }
});

await t.test('files that are not the published ones are trained on as what they are, with a word', async (t) => {
  const cwd = t.testdir({ data: {} });
  const otherLabel = labelsFile(30).fill(10, 8, 9);
  for (const [file, content] of Object.entries({ ...sound(), 'train-labels-idx1-ubyte': otherLabel })) {
    writeFileSync(join(cwd, 'data', file), content);
  }
  const args = ['train', '--data-dir', 'data', '--layers', '20', '--batch', '10', '--epochs', '1', '--no-dashboard'];
  const { code, stdout } = await layerline(t, args, { cwd });
  t.equal(code, 0);
  t.match(stdout, 'Trained on 30 images of data');
  t.match(
    stdout,
    /30 rows of 28 × 28 pixels, 11 classes\). These are not the published files of MNIST: taken as they are/,
  );
});

await t.test('MNIST files', { skip: MNIST === undefined && 'LAYERLINE_DATA is not set' }, async (t) => {
  const data = MNIST ?? '';
  const plainName = (file: string): string => file.replace(/\.gz$/, '').replace('.', '-');
  const plain = (file: string): Buffer => {
    const content = readFileSync(join(data, file));
    return file.endsWith('.gz') ? gunzipSync(content) : content;
  };

  for (const [kind, ...says] of [
    ['labels', "train-labels-idx1-ubyte is MNIST's t10k-labels-idx1-ubyte", 'rename the files'],
    ['images', "train-images-idx3-ubyte is MNIST's t10k-images-idx3-ubyte", 'rename the files'],
  ] as const) {
    await t.test(`swapped ${kind}`, async (t) => {
      const cwd = t.testdir({ data: {} });
      for (const file of readdirSync(data)) {
        const other = file.startsWith('train') ? file.replace('train', 't10k') : file.replace('t10k', 'train');
        writeFileSync(join(cwd, 'data', plainName(file.includes(kind) ? other : file)), plain(file));
      }
      await refuses(t, ['--data-dir', 'data'], { says }, { cwd });
    });
  }

  await t.test('taken for Fashion-MNIST', (t) =>
    refuses(t, ['--dataset', 'fashion-mnist', '--data-dir', data], { says: ["is MNIST's", 'Fashion-MNIST', 'choose'] }),
  );

  await t.test('with one pixel changed', async (t) => {
    const cwd = t.testdir({ data: {} });
    for (const file of readdirSync(data)) {
      const content = plain(file);
      if (file.startsWith('t10k-images')) content[5_000] = (content[5_000] ?? 0) ^ 1;
      writeFileSync(join(cwd, 'data', plainName(file)), content);
    }
    const args = ['train', '--data-dir', 'data', '--layers', '20', '--epochs', '1', '--no-dashboard'];
    const { code, stdout } = await layerline(t, args, { cwd });
    t.equal(code, 0);
    t.match(stdout, /These are not the published files of MNIST: taken as they are/);
  });
});

await t.test('data directories', async (t) => {
  await t.test('missing', (t) =>
    refuses(t, ['--data-dir', 'nowhere'], { says: ['nowhere', 'no such file or directory'] }),
  );
  await t.test('a file', async (t) => {
    const cwd = t.testdir({ file: '' });
    await refuses(t, ['--data-dir', 'file'], { says: [join(cwd, 'file'), 'is a file: give the folder'] }, { cwd });
  });
  const user = ordinaryUser();
  await t.test('unreadable', { skip: user === undefined && 'nobody else can run this checkout' }, async (t) => {
    const cwd = t.testdir({ data: {} });
    chmodSync(join(cwd, 'data'), 0);
    await refuses(t, ['--data-dir', 'data'], { says: [join(cwd, 'data'), 'permission denied'] }, { cwd, ...user });
  });
});

await t.test('a pipe in the place of a file, to which nobody writes', async (t) => {
  const cwd = t.testdir({ data: {} });
  execFileSync('mkfifo', [join(cwd, 'mine.json'), join(cwd, 'data', 'train-images-idx3-ubyte')]);
  for (const [name, content] of Object.entries(without(sound(), 'train-images'))) {
    writeFileSync(join(cwd, 'data', name), content);
  }
  await refuses(t, ['--config', 'mine.json'], { code: 2, says: ['mine.json', 'is a pipe'] }, { cwd });
  await refuses(t, ['--data-dir', 'data'], { says: ['train-images-idx3-ubyte', 'it is a pipe'] }, { cwd });
});

await t.test('out folders', async (t) => {
  await t.test('a file in the way', async (t) => {
    for (const out of ['file', 'file/runs']) {
      await refuses(t, [...QUICK, '--out', out], { says: [out, '--out'] }, { cwd: t.testdir({ file: '' }) });
    }
  });
  const user = ordinaryUser();
  await t.test(
    'one that may not be written',
    { skip: user === undefined && 'nobody else can run this checkout' },
    async (t) => {
      const cwd = t.testdir({ runs: {} });
      chmodSync(join(cwd, 'runs'), 0o555);
      await refuses(t, [...QUICK, '--out', 'runs'], { says: ['runs', 'may not write', '--out'] }, { cwd, ...user });
      t.same(readdirSync(join(cwd, 'runs')), []);
    },
  );
});

await t.test('a port in use', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await refuses(t, [...QUICK, '--port', String(port)], { says: [`127.0.0.1:${port}`, 'in use'] });
});

await t.test('training that diverges', async (t) => {
  const wild = ['--optimizer', 'sgd', '--goodness', 'sum', '--learning-rate', '1e12'];
  for (const [name, option, who] of [
    ['as a pipeline', [], /^layerline: layer-1 \(pid \d+\) failed: Training diverged in layer-1 /],
    ['in one process', ['--single-process'], /^layerline: Training diverged in layer-1 /],
  ] as const) {
    await t.test(name, async (t) => {
      const cwd = t.testdir();
      const ended = await layerline(t, ['train', ...QUICK, ...wild, ...option, '--quiet'], { cwd });
      isRefusal(t, ended, { says: [who, /at epoch 1, batch \d+: /, '--learning-rate'] });
      const [run = ''] = readdirSync(join(cwd, 'runs'));
      const folder = join(cwd, 'runs', run);
      t.notOk(
        readdirSync(folder).some((name) => name.includes('model')),
        'no model',
      );
      t.match(readJson(join(folder, 'state.json')), { state: 'failed', failure: /diverged in layer-1/ });
    });
  }
});

await t.test('commands', async (t) => {
  isRefusal(t, await layerline(t, ['trian']), { code: 2, says: ['trian', 'Did you mean train?'] });
  isRefusal(t, await layerline(t, ['evaluate']), { code: 2, says: ['run'] });
  t.ok(!existsSync(join(t.testdirName, 'runs')));
});

function without(files: Readonly<Record<string, Buffer>>, start: string): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith(start)));
}
