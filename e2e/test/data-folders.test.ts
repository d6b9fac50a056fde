import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { json, layerline, MNIST } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';
import { writeIdx } from './support/own-data.js';

await t.test('the same data in an archive’s folders and under other names gives the same weights', async (t) => {
  const cwd = t.testdir({ archive: { __MACOSX: {}, raw: {} }, windows: {} });
  writeIdx(join(cwd, 'plain'), 3, 12, 90, 30);
  for (const name of readdirSync(join(cwd, 'plain'))) {
    const nested = join(cwd, 'archive', 'raw', name);
    mkdirSync(nested);
    copyFileSync(join(cwd, 'plain', name), join(nested, name));
    copyFileSync(join(cwd, 'plain', name), join(cwd, 'archive', 'raw', name.replace('-idx', '.idx')));
    writeFileSync(join(cwd, 'archive', 'raw', `._${name}`), 'what macOS leaves');
    const content = readFileSync(join(cwd, 'plain', name));
    const [windows, packed] = name.startsWith('t10k')
      ? [name.toUpperCase(), content]
      : [`${name} (1)`, gzipSync(content)];
    writeFileSync(join(cwd, 'windows', `${windows}.gz`), name.includes('images') ? gzipSync(packed) : packed);
  }
  const options = ['--layers', '20', '--batch', '10', '--epochs', '1', '--single-process', '--quiet'];
  const train = (...data: readonly string[]): Promise<TrainResult> =>
    json<TrainResult>(t, ['train', ...options, ...data], { cwd });
  const plain = await train('--dataset', 'plain');
  for (const data of ['archive', 'archive/raw/t10k-images-idx3-ubyte', 'windows']) {
    t.equal((await train('--dataset', data)).weightsSha256, plain.weightsSha256, data);
  }
});

await t.test(
  'MNIST is found as others keep it',
  { skip: MNIST === undefined && 'LAYERLINE_DATA is not set' },
  async (t) => {
    const cwd = t.testdir({ torch: { FashionMNIST: {} } });
    cpSync(MNIST as string, join(cwd, 'torch', 'MNIST', 'raw'), { recursive: true });
    symlinkSync('..', join(cwd, 'torch', 'MNIST', 'round'));
    const listed = await json<{ name: string; directory?: string }[]>(t, ['datasets', '--data-dir', 'torch'], { cwd });
    const raw = join(cwd, 'torch', 'MNIST', 'raw');
    t.match(listed, [{ name: 'mnist', directory: raw }, { name: 'fashion-mnist', present: false }, { name: 'digits' }]);

    const [images = ''] = readdirSync(raw).filter((name) => name.startsWith('train-images'));
    renameSync(join(raw, images), join(raw, 'train-images-idx3-ubyte (1).gz'));
    writeFileSync(
      join(raw, 'train-images-idx3-ubyte.gz'),
      readFileSync(join(raw, 'train-images-idx3-ubyte (1).gz')).subarray(0, 999),
    );
    const trained = await layerline(
      t,
      ['train', '--dataset', 'torch', '--layers', '8', '--epochs', '1', '--single-process'],
      { cwd },
    );
    t.equal(trained.code, 0, trained.stderr);
    t.match(trained.stdout, `Data: mnist from ${raw} (known by its checksums)`);
  },
);
