import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import t from 'tap';
import { gzipSync } from 'node:zlib';
import {
  DatasetFileError,
  IdxError,
  loadDataset,
  UnknownDatasetError,
  type DatasetReference,
  type ImageSet,
} from '../src/index.js';
import { PARTS } from '../src/sources.js';
import { FASHION, failure, fileName, imagesFile, labelsFile, MNIST, smallSources, writeFiles } from './fixtures.js';

/** The bytes of a set of pictures. */
function greys({ images }: ImageSet): Uint8Array {
  if (images instanceof Uint8Array) return images;
  throw new TypeError('These are no bytes');
}

const sources = smallSources();
const load = (directory: string, name: 'mnist' | 'fashion-mnist' = 'mnist') =>
  loadDataset({ name, directory }, { sources });
const [TRAIN_IMAGES, TRAIN_LABELS] = [fileName('train-images'), fileName('train-labels')];
const [TEST_IMAGES, TEST_LABELS] = [fileName('test-images'), fileName('test-labels')];

t.test('files are read plain, compressed, with dotted names, and from a folder of their name', async (t) => {
  const root = t.testdir();
  const directories = [
    writeFiles(join(root, 'plain'), MNIST),
    writeFiles(join(root, 'gzip'), MNIST, 'gzip'),
    writeFiles(join(root, 'dotted'), MNIST, 'dotted'),
  ];
  writeFiles(join(root, 'both', 'mnist'), MNIST, 'gzip');
  writeFiles(join(root, 'both', 'fashion-mnist'), FASHION);
  for (const directory of [...directories, join(root, 'both')]) {
    const dataset = await load(directory);
    t.equal(dataset.name, 'mnist');
    t.equal(dataset.train.count, 120);
    t.equal(dataset.test.count, 40);
    t.ok(MNIST['train-images'].subarray(16).equals(greys(dataset.train)), directory);
    t.ok(MNIST['test-labels'].subarray(8).equals(dataset.test.labels), directory);
  }
  const fashion = await load(join(root, 'both'), 'fashion-mnist');
  t.ok(FASHION['test-images'].subarray(16).equals(greys(fashion.test)));
});

t.test('files are found where torchvision, Kaggle, 7-Zip and Keras lay them down', async (t) => {
  const torchvision = t.testdir({ kaggle: {}, nested: {} });
  writeFiles(join(torchvision, 'MNIST', 'raw'), MNIST);
  writeFiles(join(torchvision, 'FashionMNIST', 'raw'), FASHION, 'gzip');
  const [kaggle, nested] = [join(torchvision, 'kaggle'), join(torchvision, 'nested')];
  for (const part of PARTS) {
    const [name, dotted] = [fileName(part), fileName(part).replace('-idx', '.idx')];
    for (const [directory, inside] of [
      [kaggle, name],
      [nested, dotted],
    ] as const) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, inside), MNIST[part]);
    }
    writeFileSync(join(kaggle, dotted), MNIST[part]);
  }
  const capitals = writeFiles(join(torchvision, 'capitals'), MNIST);
  for (const part of PARTS) renameSync(join(capitals, fileName(part)), join(capitals, fileName(part).toUpperCase()));
  for (const directory of [
    torchvision,
    join(torchvision, 'MNIST'),
    join(torchvision, 'MNIST', 'raw'),
    ...[kaggle, nested, capitals],
  ]) {
    const dataset = await load(directory);
    t.ok(MNIST['train-images'].subarray(16).equals(greys(dataset.train)), directory);
    t.ok(MNIST['test-labels'].subarray(8).equals(dataset.test.labels), directory);
  }
  const fashion = await load(torchvision, 'fashion-mnist');
  t.ok(FASHION['test-images'].subarray(16).equals(greys(fashion.test)));
});

t.test('a whole data set goes before the first part of another', async (t) => {
  const directory = writeFiles(t.testdir({ mnist: {} }), MNIST);
  writeFileSync(join(directory, 'mnist', TRAIN_LABELS), MNIST['train-labels']);
  t.equal((await load(directory)).test.count, 40);
});

t.test('an empty folder of the data set’s name does not hide the files beside it', async (t) => {
  const directory = writeFiles(t.testdir({ mnist: {} }), MNIST);
  t.equal((await load(directory)).test.count, 40);
});

t.test('a file that its server or a browser inflated without renaming it is read', async (t) => {
  const directory = writeFiles(t.testdir(), MNIST);
  renameSync(join(directory, TRAIN_IMAGES), join(directory, `${TRAIN_IMAGES}.gz`));
  t.equal((await load(directory)).train.count, 120);
});

t.test('bad directories and files are refused with one line that names them', async (t) => {
  const cases: [string, (directory: string) => void, string, RegExp][] = [
    [
      'no files',
      (d) => rmSync(d, { recursive: true }) === undefined && mkdirSync(d),
      'ERR_DATASET_MISSING',
      /holds no files of MNIST: train-images-idx3-ubyte, .* plain or \.gz, or mnist\.npz, there or in folders in it$/,
    ],
    ['no directory', (d) => rmSync(d, { recursive: true }), 'ERR_DATASET_UNREADABLE', /no such file or directory$/],
    [
      'a file for a directory',
      (d) => rmSync(d, { recursive: true }) === undefined && writeFileSync(d, ''),
      'ERR_DATASET_UNREADABLE',
      /is a file: give the folder that holds the files of MNIST$/,
    ],
    [
      'a missing file',
      (d) => rmSync(join(d, TEST_LABELS)),
      'ERR_DATASET_INCOMPLETE',
      /lacks t10k-labels-idx1-ubyte of MNIST/,
    ],
    [
      'a directory for a file',
      (d) => rmSync(join(d, TEST_LABELS)) === undefined && mkdirSync(join(d, TEST_LABELS)),
      'ERR_DATASET_UNREADABLE',
      /t10k-labels-idx1-ubyte: it is a directory, not a plain file$/,
    ],
    [
      'a pipe for a file, which nobody writes to',
      (d) => {
        rmSync(join(d, TEST_LABELS));
        execFileSync('mkfifo', [join(d, TEST_LABELS)]);
      },
      'ERR_DATASET_UNREADABLE',
      /t10k-labels-idx1-ubyte: it is a pipe, not a plain file$/,
    ],
    [
      'a device for a file, which has no end',
      (d) => rmSync(join(d, TRAIN_IMAGES)) === undefined && symlinkSync('/dev/zero', join(d, TRAIN_IMAGES)),
      'ERR_DATASET_UNREADABLE',
      /train-images-idx3-ubyte: it is a device, not a plain file$/,
    ],
    [
      'a truncated file',
      (d) => writeFileSync(join(d, TRAIN_IMAGES), MNIST['train-images'].subarray(0, 5000)),
      'ERR_IDX_TRUNCATED',
      /train-images-idx3-ubyte: truncated: 5000 bytes instead of 94096/,
    ],
    [
      'a truncated gzip file',
      (d) => {
        rmSync(join(d, TRAIN_IMAGES));
        writeFileSync(join(d, `${TRAIN_IMAGES}.gz`), gzipSync(MNIST['train-images']).subarray(0, 100));
      },
      'ERR_IDX_GZIP',
      /train-images-idx3-ubyte\.gz: broken gzip data/,
    ],
    [
      'no gzip behind its name',
      (d) => {
        rmSync(join(d, TRAIN_IMAGES));
        writeFileSync(join(d, `${TRAIN_IMAGES}.gz`), '<!doctype html>');
      },
      'ERR_IDX_GZIP',
      /not gzip data/,
    ],
    [
      'images and labels swapped',
      (d) => {
        writeFileSync(join(d, TRAIN_IMAGES), MNIST['train-labels']);
        writeFileSync(join(d, TRAIN_LABELS), MNIST['train-images']);
      },
      'ERR_IDX_KIND',
      /train-images-idx3-ubyte: holds labels where images are expected/,
    ],
    [
      'train and test swapped',
      (d) => {
        writeFiles(d, {
          'train-images': MNIST['test-images'],
          'train-labels': MNIST['test-labels'],
          'test-images': MNIST['train-images'],
          'test-labels': MNIST['train-labels'],
        });
      },
      'ERR_DATASET_SWAPPED',
      /train-images-idx3-ubyte is MNIST's t10k-images-idx3-ubyte, not MNIST's train-images-idx3-ubyte: rename/,
    ],
    [
      'another data set under this name',
      (d) => writeFiles(d, FASHION),
      'ERR_DATASET_MISLABELLED',
      /train-images-idx3-ubyte is Fashion-MNIST's train-images-idx3-ubyte, not MNIST's .* data set fashion-mnist/,
    ],
    [
      'one file of another data set',
      (d) => writeFileSync(join(d, TEST_LABELS), FASHION['test-labels']),
      'ERR_DATASET_MISLABELLED',
      /t10k-labels-idx1-ubyte is Fashion-MNIST's t10k-labels-idx1-ubyte/,
    ],
    [
      'counts that differ',
      (d) => writeFileSync(join(d, TEST_LABELS), labelsFile(39, 2)),
      'ERR_DATASET_COUNT',
      /t10k-images-idx3-ubyte has 40 images and .*t10k-labels-idx1-ubyte 39 labels/,
    ],
    [
      'one changed byte',
      (d) => writeFileSync(join(d, TEST_IMAGES), imagesFile(40, 99)),
      'ERR_DATASET_CHECKSUM',
      /t10k-images-idx3-ubyte is not MNIST's .* \(SHA-256 [0-9a-f]{12}… instead of [0-9a-f]{12}…\)/,
    ],
    [
      'a far larger file',
      (d) => writeFileSync(join(d, TEST_IMAGES), imagesFile(2000, 0)),
      'ERR_DATASET_CHECKSUM',
      /holds more than \d+ bytes: it is not the published file/,
    ],
    [
      'a file that inflates without end',
      (d) => {
        rmSync(join(d, TEST_IMAGES));
        writeFileSync(join(d, `${TEST_IMAGES}.gz`), gzipSync(Buffer.alloc(1 << 24)));
      },
      'ERR_DATASET_CHECKSUM',
      /t10k-images-idx3-ubyte\.gz holds more than/,
    ],
  ];
  for (const [index, [what, spoil, code, message]] of cases.entries()) {
    const directory = writeFiles(join(t.testdir(), String(index)), MNIST);
    spoil(directory);
    const error = await failure(load(directory));
    t.ok(error instanceof DatasetFileError || error instanceof IdxError, what);
    t.equal(error.code, code, what);
    t.match(error.message, message, what);
    t.notMatch(error.message, /\n/, `${what}: one line`);
  }
});

t.test('a directory without permission', { skip: process.getuid?.() === 0 && 'root reads everything' }, async (t) => {
  const directory = writeFiles(join(t.testdir(), 'closed'), MNIST);
  chmodSync(directory, 0);
  t.teardown(() => chmodSync(directory, 0o700));
  const error = await failure(load(directory));
  t.equal(error.code, 'ERR_DATASET_UNREADABLE');
  t.match(error.message, /permission denied$/);
});

t.test('a reference to an unknown data set', async (t) => {
  const reference = JSON.parse('{"name":"cifar","directory":"/"}') as DatasetReference;
  const error = await failure(loadDataset(reference));
  t.ok(error instanceof UnknownDatasetError);
  t.match(error.message, /no data set "cifar": choose one of mnist, fashion-mnist/);
});

const mnist = process.env['LAYERLINE_DATA'];
t.test('the real MNIST', { skip: mnist === undefined && 'LAYERLINE_DATA is not set' }, async (t) => {
  const dataset = await loadDataset({ name: 'mnist', directory: mnist as string });
  t.same([dataset.train.count, dataset.test.count], [60_000, 10_000]);
  t.same([...dataset.train.labels.subarray(0, 5)], [5, 0, 4, 1, 9]);
  t.same([...dataset.test.labels.subarray(0, 5)], [7, 2, 1, 0, 4]);
  const sum = greys(dataset.train).reduce((total: number, pixel: number) => total + pixel, 0);
  t.ok(Math.abs(sum / dataset.train.images.length / 255 - 0.1307) < 0.00005, 'the well-known mean of its pixels');
  const error = await failure(loadDataset({ name: 'fashion-mnist', directory: mnist as string }));
  t.equal(error.code, 'ERR_DATASET_MISLABELLED');
  t.match(error.message, /is MNIST's train-images-idx3-ubyte, not Fashion-MNIST's/);
});
