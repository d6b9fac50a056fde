import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { dump } from 'npyjs';
import t from 'tap';
import { loadDataset, resolveDataset, type FileDatasetName } from '../src/index.js';
import { idxNameOf } from '../src/idx-name.js';
import { PARTS, type Part } from '../src/sources.js';
import { FASHION, failure, fileName, imagesFile, MNIST, smallSources, writeFiles, type Contents } from './fixtures.js';

const sources = smallSources();

/** Where a data set is found, once its content has been compared with what was published. */
async function foundIn(dataDirectory: string, name: FileDatasetName = 'mnist'): Promise<string> {
  const { reference } = await resolveDataset(name, { dataDirectory, sources });
  const { train, test } = await loadDataset(reference, { sources });
  const published = name === 'mnist' ? MNIST : FASHION;
  const images = Buffer.concat([published['train-images'].subarray(16), published['test-images'].subarray(16)]);
  const labels = Buffer.concat([published['train-labels'].subarray(8), published['test-labels'].subarray(8)]);
  if (!images.equals(Buffer.concat([train.images as Uint8Array, test.images as Uint8Array]))) return 'other images';
  if (!labels.equals(Buffer.concat([train.labels, test.labels]))) return 'other labels';
  return 'directory' in reference ? reference.directory : 'elsewhere';
}

const messageOf = async (dataDirectory: string, name: FileDatasetName = 'mnist'): Promise<string> =>
  (await failure(resolveDataset(name, { dataDirectory, sources }))).message;

/** Files as Kaggle's archive has them: each in a folder of its own name. */
function writeNested(directory: string, of: Contents, inside = (part: Part) => fileName(part)): string {
  for (const part of PARTS) {
    mkdirSync(join(directory, fileName(part)), { recursive: true });
    writeFileSync(join(directory, fileName(part), inside(part)), of[part]);
  }
  return directory;
}

function arrays(of: Contents): Uint8Array {
  const images = (part: Part): Uint8Array => {
    const bytes = Uint8Array.from(of[part].subarray(16));
    return new Uint8Array(dump(bytes, [bytes.length / 784, 28, 28]));
  };
  const labels = (part: Part): Uint8Array => {
    const bytes = Uint8Array.from(of[part].subarray(8));
    return new Uint8Array(dump(bytes, [bytes.length]));
  };
  return zipSync({
    'x_train.npy': images('train-images'),
    'y_train.npy': labels('train-labels'),
    'x_test.npy': images('test-images'),
    'y_test.npy': labels('test-labels'),
  });
}

t.test('names are read in the spellings of those who unpack and copy files', async (t) => {
  const spellings: [string, Part][] = [
    ['train-images-idx3-ubyte', 'train-images'],
    ['train-labels.idx1-ubyte.gz', 'train-labels'],
    ['T10K-IMAGES.IDX3-UBYTE', 'test-images'],
    ['t10k_labels_idx1_ubyte.bin', 'test-labels'],
    ['train-images-idx3-ubyte (1).gz', 'train-images'],
    ['train-images-idx3-ubyte(2).gz', 'train-images'],
    ['train-images-idx3-ubyte.gz.gz', 'train-images'],
    ['train-images-idx3-ubyte - Copy (2).gz', 'train-images'],
    ['train-images-idx3-ubyte 2', 'train-images'],
  ];
  for (const [name, part] of spellings) t.same(idxNameOf(name), { set: '', part }, name);
  t.same(idxNameOf('emnist-letters-test-labels-idx1-ubyte.gz'), { set: 'emnist-letters-', part: 'test-labels' });
  for (const name of [
    'train-images.png',
    'train-images-idx3-ubyte.gz.0a1b2c3d.part',
    'images-idx3-ubyte',
    'mnist.npz',
  ]) {
    t.equal(idxNameOf(name), undefined, name);
  }
});

t.test('what Kaggle has is found in its folders, beside them, around them, and in one of them', async (t) => {
  const root = t.testdir({ archive: { __MACOSX: { '._train-images-idx3-ubyte': 'x' }, '.DS_Store': 'x' } });
  const archive = writeNested(join(root, 'archive'), MNIST);
  writeFileSync(join(archive, '._train-images-idx3-ubyte'), 'a resource fork');
  for (const part of PARTS) writeFileSync(join(archive, fileName(part).replace('-idx', '.idx')), MNIST[part]);
  t.equal(await foundIn(root), archive);
  t.equal(await foundIn(archive), archive);
  t.equal(await foundIn(join(archive, 't10k-labels-idx1-ubyte')), archive);
  t.equal(await foundIn(join(archive, 't10k-labels.idx1-ubyte')), archive, 'a file for its folder');
  const renamed = writeNested(join(root, 'renamed'), MNIST, () => 'data');
  t.equal(await foundIn(renamed), renamed, 'files that have their names from their folders');
});

t.test('what torchvision and Keras keep is found from any level', async (t) => {
  const root = t.testdir();
  const [digits, clothes] = [join(root, 'torch', 'MNIST', 'raw'), join(root, 'torch', 'FashionMNIST', 'raw')];
  writeFiles(writeFiles(digits, MNIST, 'gzip'), MNIST);
  writeFiles(clothes, FASHION, 'gzip');
  for (const given of [join(root, 'torch'), join(root, 'torch', 'MNIST'), digits])
    t.equal(await foundIn(given), digits);
  t.equal(await foundIn(join(root, 'torch'), 'fashion-mnist'), clothes);

  const keras = join(root, '.keras');
  const gz = writeFiles(join(keras, 'datasets', 'fashion-mnist'), FASHION, 'gzip');
  const npz = join(keras, 'datasets', 'mnist.npz');
  writeFileSync(npz, arrays(MNIST));
  for (const given of [keras, join(keras, 'datasets'), npz]) t.equal(await foundIn(given), npz);
  t.equal(await foundIn(keras, 'fashion-mnist'), gz);
  const known = await resolveDataset(npz, { sources });
  t.same(known.reference, { name: 'mnist', directory: npz });
  t.equal(known.reason, `mnist from ${npz} (known by its checksums)`);

  writeFileSync(npz, arrays(FASHION));
  t.match(
    await messageOf(npz),
    /mnist\.npz is Fashion-MNIST's train-images-idx3-ubyte, not MNIST's .* data set fashion-m/,
  );
  writeFileSync(npz, Buffer.alloc(1.5 * 2 ** 20));
  const own = await failure(resolveDataset('mnist', { dataDirectory: npz, sources }));
  t.equal(own.code, 'ERR_DATA_FORMAT', 'one that is too large to be the published one is read as data of its own');
  writeFileSync(npz, 'no archive');
  t.match(await messageOf(npz), /mnist\.npz: is no readable \.npz/);
});

t.test('content and not a name tells whether a file is compressed', async (t) => {
  const root = t.testdir();
  const write = (name: string, content: Uint8Array): void => writeFileSync(join(root, name), content);
  write('train-images-idx3-ubyte.gz', MNIST['train-images']);
  write('train-labels.idx1-ubyte', gzipSync(MNIST['train-labels']));
  write('T10K-IMAGES-IDX3-UBYTE.GZ.GZ', gzipSync(gzipSync(MNIST['test-images'])));
  write('t10k-labels-idx1-ubyte.bin', MNIST['test-labels']);
  t.equal(await foundIn(root), root);
  write('train-images-idx3-ubyte.gz', gzipSync(gzipSync(gzipSync(gzipSync(MNIST['train-images'])))));
  t.match(await messageOf(root), /train-images-idx3-ubyte\.gz: compressed again and again: fetch it again$/);
});

t.test('of several files that may be one, the published one is taken, wherever it stands', async (t) => {
  const root = writeFiles(t.testdir(), MNIST, 'gzip');
  const first = join(root, 'train-images-idx3-ubyte.gz');
  renameSync(first, join(root, 'train-images-idx3-ubyte (1).gz'));
  writeFileSync(first, gzipSync(MNIST['train-images']).subarray(0, 50));
  t.equal(await foundIn(root), root, 'a download that broke off, and the next one');
  writeFileSync(first, gzipSync(FASHION['train-images']));
  t.equal(await foundIn(root), root, 'two data sets in one folder of downloads');
  for (const part of PARTS) writeFileSync(join(root, `${fileName(part)}(2).gz`), FASHION[part]);
  t.equal(await foundIn(root, 'fashion-mnist'), root);
});

t.test('of several folders, the one with the data set is taken, whatever it is called', async (t) => {
  const root = t.testdir();
  const [a, b] = [writeFiles(join(root, 'a'), FASHION), writeFiles(join(root, 'b'), MNIST)];
  t.same([await foundIn(root), await foundIn(root, 'fashion-mnist')], [b, a]);
  const message = (await failure(resolveDataset(root, { sources }))).message;
  const both = `mnist from ${b} (known by its checksums) and fashion-mnist from ${a} (known by its checksums)`;
  t.equal(message, `${root} holds several data sets: ${both}. Give the path of one of them`);

  rmSync(b, { recursive: true });
  t.match(await messageOf(root), /a\/train-images-idx3-ubyte is Fashion-MNIST's .*: choose data set fashion-mnist or/);
  writeFiles(join(root, 'c'), { ...MNIST, 'test-images': imagesFile(40, 99) });
  const own = await resolveDataset('mnist', { dataDirectory: root, sources });
  t.equal(
    own.reason,
    `c from ${join(root, 'c')} (idx, 120 rows of 28 × 28 pixels, 10 classes). These are not the published files of MNIST: taken as they are`,
  );
  writeFiles(join(root, 'd'), { ...MNIST, 'test-images': imagesFile(40, 98) });
  t.equal(
    await messageOf(root),
    `${join(root, 'c')} and ${join(root, 'd')} hold different files, and none are the published ones of MNIST: give one with --dataset`,
  );
});

t.test('files that lie in different folders are put together, and what lacks is named', async (t) => {
  const root = writeFiles(t.testdir({ train: {}, test: {} }), MNIST);
  for (const part of PARTS) renameSync(join(root, fileName(part)), join(root, part.replace(/-.*/, ''), fileName(part)));
  t.equal(await foundIn(root), root);
  rmSync(join(root, 'test', 't10k-labels-idx1-ubyte'));
  t.equal(await messageOf(root), `${root} lacks t10k-labels-idx1-ubyte of MNIST (plain or .gz)`);
  const other = writeFiles(join(root, 'fashion-mnist'), MNIST);
  t.match(
    await messageOf(root),
    /lacks t10k-labels/,
    'nor is it taken from a folder with the name of another data set',
  );
  t.equal(await foundIn(other), other, 'unless that is the folder that is given');
});

t.test('links are followed, in circles only once, and those that lead nowhere are named', async (t) => {
  const root = t.testdir({ given: { a: { b: {} } }, far: {} });
  const far = writeFiles(join(root, 'far', 'mnist'), MNIST);
  const [given, inner] = [join(root, 'given'), join(root, 'given', 'a', 'b')];
  symlinkSync('../..', join(inner, 'round'));
  symlinkSync('itself', join(given, 'itself'));
  t.match(await messageOf(given), /given holds no files of MNIST: /);
  symlinkSync(far, join(inner, 'linked'));
  t.equal(await foundIn(given), join(inner, 'linked'));
  rmSync(join(far, 't10k-images-idx3-ubyte'));
  symlinkSync('nowhere', join(far, 't10k-images-idx3-ubyte'));
  const path = join(inner, 'linked', 't10k-images-idx3-ubyte');
  t.equal(await messageOf(given), `Cannot read ${path}: it is a link that leads nowhere, not a plain file`);
});

t.test('a folder that cannot be opened is named', { skip: process.getuid?.() === 0 && 'root reads all' }, async (t) => {
  const root = t.testdir({ open: {}, closed: {} });
  writeFiles(join(root, 'closed'), MNIST);
  chmodSync(join(root, 'closed'), 0);
  t.teardown(() => chmodSync(join(root, 'closed'), 0o700));
  t.match(await messageOf(root), /in folders in it\. Cannot read .*closed: permission denied$/);
  writeFiles(join(root, 'open'), MNIST);
  t.equal(await foundIn(root), join(root, 'open'));
});

t.test('the search ends, and says where', async (t) => {
  const root = t.testdir({ 'mnist.zip': '' });
  t.match(await messageOf(root), /there or in folders in it\. If they are in mnist\.zip, unpack it$/);
  t.equal(
    await messageOf(join(root, 'mnist.zip')),
    `${join(root, 'mnist.zip')} is a file: unpack it, and give the folder that holds the files of MNIST`,
  );
  const deep = join(root, '1', '2', '3', '4', '5');
  writeFiles(deep, MNIST);
  t.equal(await foundIn(root), deep);
  for (const part of PARTS) rmSync(join(deep, fileName(part)));
  writeFiles(join(deep, '6'), MNIST);
  t.match(await messageOf(root), /Not all of it was searched: it is too deep or has over 10,000 names\. If they/);
  t.equal(await foundIn(join(root, '1')), join(deep, '6'));

  const many = join(root, 'many');
  writeFiles(join(many, 'z', 'mnist'), MNIST);
  mkdirSync(join(many, 'a'));
  writeFileSync(join(many, 'a', 'one'), '');
  for (let index = 0; index < 10_000; index++) linkSync(join(many, 'a', 'one'), join(many, 'a', `${index}`));
  t.match(await messageOf(many), /Not all of it was searched/);
});
