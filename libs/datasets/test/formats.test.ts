import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { zipSync } from 'fflate';
import jpeg from 'jpeg-js';
import { dump } from 'npyjs';
import t from 'tap';
import type { Test } from 'tap';
import { DataFormatError, openPath } from '../src/index.js';
import type { OpenedPath, ReadSettings } from '../src/index.js';
import { imagesFile, labelsFile } from './fixtures.js';

function open(path: string, read: ReadSettings = {}, cacheDirectory = '/nowhere'): Promise<OpenedPath> {
  return openPath(path, { read, cacheDirectory });
}

/** Opens what cannot be opened. @returns what it says, without the folder */
async function refusal(path: string, read?: ReadSettings): Promise<string> {
  try {
    await open(path, read);
  } catch (error) {
    if (error instanceof DataFormatError) return error.message.replaceAll(/\/\S*\/(?=[^/\s]+)/g, '');
    throw error;
  }
  throw new Error(`${path} was opened`);
}

function file(t: Test, name: string, content: string | Uint8Array): string {
  const path = join(t.testdir(), name);
  writeFileSync(path, content);
  return path;
}

const png = (width: number, height: number, data: number[], channels = 1): Uint8Array =>
  encodePng({ width, height, channels, data: Uint8Array.from(data) });

function writePictures(root: string, pictures: Readonly<Record<string, Uint8Array>>): void {
  for (const [name, bytes] of Object.entries(pictures)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), bytes);
  }
}

await t.test('a table with names, words as labels, and columns of other ranges', async (t) => {
  const path = file(t, 'flowers.csv', 'width,species,height\n1,rose,-5\n2,daisy,5\n5,rose,0\n3,daisy,5\n');
  const { spec, train, test, format } = await open(path);
  t.equal(format, 'csv');
  t.same(spec, { kind: 'table', height: 1, width: 2, channels: 1, classes: ['daisy', 'rose'], label: 'append' });
  t.same([...train.labels], [1, 0, 1, 0]);
  t.same([...train.images], [0, 0, 0.25, 1, 1, 0.5, 0.5, 1], 'from 0 to 1 in each column');
  t.equal(test, undefined);
});

await t.test('tables without names, compressed, by tabs and by semicolons', async (t) => {
  const rows = '3,1,2\n10,2,4\n3,3,6\n';
  const plain = await open(file(t, 'a.csv', rows), { labelColumn: '1' });
  t.same(plain.spec.classes, ['3', '10'], 'in the order of numbers');
  for (const [name, content] of [
    ['b.csv.gz', gzipSync(rows)],
    ['inflated.csv.gz', rows],
    ['compressed.csv', gzipSync(rows)],
    ['c.tsv', rows.replaceAll(',', '\t')],
    ['d.csv', `\ufeff${rows.replaceAll(',', ';')}`],
    ['e.csv', rows.replaceAll('\n', '\r\n').trimEnd()],
  ] as const) {
    t.equal((await open(file(t, name, content), { labelColumn: '1' })).sha256, plain.sha256, name);
  }
  t.same((await open(file(t, 'f.csv', rows), { labelColumn: '-1' })).spec.classes, ['2', '4', '6']);
  t.same((await open(file(t, 'g.csv', rows))).spec.classes, ['2', '4', '6'], 'the last one, where nothing tells');
  const named = await open(file(t, 'h.csv', '1,2\n1,7\n2,8\n'), { header: true, labelColumn: '1' });
  t.equal(named.train.count, 2, 'names that are numbers');
});

await t.test('a table of bytes in a square is one of pictures', async (t) => {
  const line = (label: number): string => [label, ...Array<number>(63).fill(0), 255].join(',');
  const { spec, train } = await open(file(t, 'train.csv', `${line(4)}\n${line(9)}\n`), { labelColumn: '1' });
  t.match(spec, { kind: 'images', height: 8, width: 8, label: 'overwrite' });
  t.same(train.images, Uint8Array.from([...Array<number>(63).fill(0), 255, ...Array<number>(63).fill(0), 255]));
});

await t.test('what is wrong with a table is told with its line', async (t) => {
  const told = async (content: string, message: RegExp, read?: ReadSettings): Promise<void> => {
    t.match(await refusal(file(t, 't.csv', content), read), message);
  };
  await told('a,b\n1,x\n2\n', /^t.csv, row 3: has 1 columns, and the lines before it 2$/);
  await told('a,b\n1,x\n,y\n', /^t.csv, row 3: has no number in column 1 \(a\): fill in missing values/);
  await told('a,b\nNA,x\n1,y\n', /^t.csv, row 2: has no number in column 1 \(a\)/);
  await told('1,2,x\n1,red,y\n', /^t.csv, row 2: has "red" in column 2, where a number is needed: turn words into/);
  await told('a,b\n1,x\n2,?\n', /^t.csv, row 3: has no label in column 2 \(b\)$/);
  await told('a,b\n1,x\n2,x\n', /^t.csv: has one class, "x": two are the least$/);
  await told('a,b\n', /^t.csv: has no rows$/);
  await told('', /^t.csv: is empty$/);
  await told('1\n2\n', /^t.csv, row 1: has one column/);
  await told('a,b\n1,x\n2,y\n', /^t.csv: has no column "c": it has a, b$/, { labelColumn: 'c' });
  await told('1,2\n1,3\n', /^t.csv: has no column "3": it has columns 1 to 2, without names$/, { labelColumn: '3' });
  await told('a,b\n1,"x\n2,y\n', /^t.csv, row \d: Quote Not Closed/);
  const many = Array.from({ length: 300 }, (_, row) => `1,${row}`).join('\n');
  await told(many, /^t.csv, row 257: has more than 256 different labels, such as "256": is this the column with/);
  t.match(await refusal(file(t, 'u.csv.gz', gzipSync('1,2\n3,4\n').subarray(0, 20))), /^u.csv.gz: is broken gzip data/);
});

await t.test('IDX of any size, whose labels begin at 1', async (t) => {
  const root = t.testdir();
  writeFileSync(join(root, 'emnist-letters-train-images-idx3-ubyte'), imagesFile(30, 1, 5, 7));
  const labels = labelsFile(30, 1).map((byte, at) => (at < 8 ? byte : byte + 1));
  writeFileSync(join(root, 'emnist-letters-train-labels-idx1-ubyte.gz'), gzipSync(labels));
  const { spec, train, test } = await open(root);
  t.match(spec, { kind: 'images', height: 5, width: 7, classes: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'] });
  t.equal(spec.label, 'append', 'there is something under a label');
  t.equal(train.count, 30);
  t.equal(test, undefined);
  writeFileSync(join(root, 'emnist-letters-test-images-idx3-ubyte'), imagesFile(10, 2, 5, 7));
  t.match(await refusal(root), /has the images of the test set and not its labels$/);
  writeFileSync(join(root, 'emnist-letters-test-labels-idx1-ubyte'), labelsFile(10, 2));
  t.match(await refusal(root), /row \d of the test set has the label "0", which no row of the training set has$/);
  writeFileSync(join(root, 'emnist-letters-test-labels-idx1-ubyte'), labels.subarray(0, 18).fill(10, 7, 8));
  t.equal((await open(root)).test?.count, 10);
  writeFileSync(join(root, 'emnist-letters-test-images-idx3-ubyte'), imagesFile(10, 2, 5, 6));
  t.match(await refusal(root), /has images of 5 × 6 pixels, and .* of 5 × 7$/);
  writeFileSync(join(root, 'emnist-digits-train-images-idx3-ubyte'), imagesFile(10, 2, 5, 6));
  t.match(await refusal(root), /holds several data sets \("emnist-digits", "emnist-letters"\)/);
});

await t.test('47 classes', async (t) => {
  const root = t.testdir();
  const labels = Buffer.concat([
    labelsFile(94, 0).subarray(0, 8),
    Uint8Array.from({ length: 94 }, (_, row) => row % 47),
  ]);
  writeFileSync(join(root, 'train-images-idx3-ubyte'), imagesFile(94, 3));
  writeFileSync(join(root, 'train-labels-idx1-ubyte'), labels);
  t.equal((await open(root)).spec.classes.length, 47);
});

await t.test('CIFAR-10 and CIFAR-100', async (t) => {
  const ten = t.testdir();
  const record = (labels: number[], red: number, green: number, blue: number): Uint8Array =>
    Uint8Array.from([...labels, ...[red, green, blue].flatMap((value) => Array<number>(1024).fill(value))]);
  writeFileSync(join(ten, 'data_batch_1.bin'), Buffer.concat([record([3], 1, 2, 3), record([5], 4, 5, 6)]));
  writeFileSync(join(ten, 'data_batch_2.bin'), record([3], 7, 8, 9));
  writeFileSync(join(ten, 'test_batch.bin'), record([5], 1, 1, 1));
  writeFileSync(join(ten, 'batches.meta.txt'), 'plane\ncar\nbird\ncat\ndeer\ndog\n\n');
  const { spec, train, test } = await open(ten);
  t.match(spec, { height: 32, width: 32, channels: 3, classes: ['cat', 'dog'], label: 'append' });
  t.same([...train.images.subarray(0, 6)], [1, 2, 3, 1, 2, 3], 'the channels of a pixel beside each other');
  t.same([...train.labels], [0, 1, 0]);
  t.equal(test?.count, 1);
  writeFileSync(join(ten, 'data_batch_2.bin'), Buffer.alloc(3074));
  t.match(await refusal(ten), /data_batch_2.bin: has 3074 bytes, which is no multiple of the 3073 of a picture/);
  const hundred = join(ten, 'hundred');
  mkdirSync(hundred);
  writeFileSync(join(hundred, 'train.bin'), Buffer.concat([record([19, 98], 1, 2, 3), record([1, 7], 4, 5, 6)]));
  t.same((await open(hundred)).spec.classes, ['7', '98'], 'by the finer label');
});

await t.test('NumPy: one file, a folder, tables, pictures, and numbers of all kinds', async (t) => {
  const root = t.testdir();
  const bytes = (array: Parameters<typeof dump>[0], shape: number[]): Uint8Array => new Uint8Array(dump(array, shape));
  const x = bytes(Float64Array.of(0, 10, 5, 20, 10, 30), [3, 2]);
  const y = bytes(BigInt64Array.of(7n, 8n, 7n), [3]);
  const npz = join(root, 'set.npz');
  writeFileSync(npz, zipSync({ 'x_train.npy': x, 'y_train.npy': y, 'x_test.npy': x, 'y_test.npy': y }));
  const { spec, train, test } = await open(npz);
  t.match(spec, { kind: 'table', width: 2, classes: ['7', '8'] });
  t.same([...train.images], [0, 0, 0.5, 0.5, 1, 1]);
  t.same(test, train);
  const folder = join(root, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'X.npy'), x);
  writeFileSync(join(folder, 'y.npy'), y);
  t.same((await open(folder)).train, train);
  writeFileSync(
    join(folder, 'X.npy'),
    bytes(
      Uint8Array.from({ length: 36 }, (_, at) => at),
      [3, 2, 2, 3],
    ),
  );
  t.match((await open(folder)).spec, { kind: 'images', height: 2, width: 2, channels: 3 });
  const told = async (array: Uint8Array, message: RegExp): Promise<void> => {
    writeFileSync(join(folder, 'X.npy'), array);
    t.match(await refusal(folder), message);
  };
  await told(bytes(Float32Array.of(1, 2, NaN, 4, 5, 6), [3, 2]), /X.npy, row 2: has NaN: a number is needed$/);
  await told(bytes(new Float32Array(4), [2, 2]), /y.npy: has 3 labels for 2 rows: one for each is needed$/);
  await told(bytes(new Float32Array(12), [3, 2, 2, 1]).subarray(0, 100), /X.npy: (?:is truncated|cannot be read)/);
  await told(bytes(new Float32Array(24), [3, 2, 2, 2]), /X.npy: has the dimensions 3 × 2 × 2 × 2: rows × columns/);
  await told(Buffer.from('no array'), /X.npy: cannot be read \(Not an .npy file\): save it anew with numpy.save$/);
  rmSync(join(folder, 'y.npy'));
  writeFileSync(join(folder, 'X.npy'), x);
  t.match(await refusal(folder), /lacks y_train, which belongs to .*X.npy$/);
  writeFileSync(npz, Buffer.from('no archive'));
  t.match(await refusal(npz), /set.npz: is no readable .npz/);
});

await t.test('pictures in a folder for each class, in train and test', async (t) => {
  const root = t.testdir();
  const grey = jpeg.encode({ width: 8, height: 8, data: Buffer.alloc(256, 128) }, 90).data;
  writePictures(root, {
    'train/cat/1.png': png(8, 8, Array<number>(64).fill(10)),
    'train/cat/2.jpg': grey,
    'train/dog/1.PNG': png(
      8,
      8,
      Array.from({ length: 192 }, () => 7),
      3,
    ),
    'train/dog/notes.txt': Buffer.from('no picture'),
    'test/dog/9.png': png(
      8,
      8,
      Array.from({ length: 128 }, (_, at) => (at % 2 === 0 ? 50 : 255)),
      2,
    ),
  });
  const { spec, train, test, format } = await open(root);
  t.equal(format, 'folder');
  t.match(spec, { height: 8, width: 8, channels: 1, classes: ['cat', 'dog'] }, 'all are grey');
  t.same([train.images[0], train.images[64], train.images[128]], [10, 128, 7]);
  t.same([...train.labels], [0, 0, 1]);
  t.same([test?.images[0], test?.labels[0]], [50, 1], 'without its opacity');
  writePictures(root, {
    'train/dog/2.png': png(
      8,
      8,
      Array.from({ length: 192 }, (_, at) => at % 3),
      3,
    ),
  });
  const coloured = await open(root);
  t.equal(coloured.spec.channels, 3);
  t.same([...coloured.train.images.subarray(0, 3)], [10, 10, 10]);
  t.same([...coloured.train.images.subarray(3 * 192, 3 * 192 + 3)], [0, 1, 2]);
  t.same([...(coloured.test?.images.subarray(0, 3) ?? [])], [50, 50, 50]);
  writePictures(root, { 'train/dog/3.png': png(4, 8, Array<number>(32).fill(1)) });
  t.match(await refusal(root), /3.png: has 4 × 8 pixels, and 1.png has 8 × 8: all pictures need one size/);
  writePictures(root, { 'train/dog/3.png': Buffer.from('no picture') });
  t.match(await refusal(root), /3.png: is no readable picture/);
});

await t.test('many pictures are read once, with a word on how far', async (t) => {
  const root = t.testdir();
  const [data, cacheDirectory] = [join(root, 'data'), join(root, 'cache')];
  const pictures = Array.from({ length: 300 }, (_, row) => {
    return [`${row % 3}/${row}.png`, png(2, 2, [row % 256, 0, 0, 1])] as const;
  });
  writePictures(data, Object.fromEntries(pictures));
  const seen: [number, number][] = [];
  const read = (): Promise<OpenedPath> =>
    openPath(data, { read: {}, cacheDirectory, onFile: (done, all) => void seen.push([done, all]) });
  const first = await read();
  t.same(seen.splice(0), [
    [256, 300],
    [300, 300],
  ]);
  t.same(await read(), first);
  t.same(seen, [], 'from the cache');
  writeFileSync(join(data, '0/0.png'), png(2, 2, [9, 9, 9, 9]));
  utimesSync(join(data, '0/0.png'), 1, 1);
  t.not((await read()).sha256, first.sha256, 'a picture that has changed is read');
  t.equal(seen.length, 2);
});

await t.test('anything else says what could be there', async (t) => {
  t.match(await refusal(file(t, 'notes.txt', 'hello')), /^notes.txt: is no data set that is known. What is: a folder/);
  t.match(await refusal(t.testdir({ empty: {} })), /is no data set that is known/);
});

await t.test('data is found in the folders of an archive, without what systems put beside it', async (t) => {
  const root = t.testdir({ __MACOSX: { '._archive': '' }, 'README.md': '', archive: { '.DS_Store': '' } });
  const kuzushiji = join(root, 'archive', 'KMNIST', 'raw');
  for (const [name, content] of [
    ['train-images-idx3-ubyte', imagesFile(30, 1, 5, 7)],
    ['train-labels-idx1-ubyte', labelsFile(30, 1)],
  ] as const) {
    mkdirSync(join(kuzushiji, name), { recursive: true });
    writeFileSync(join(kuzushiji, name, name), content);
    writeFileSync(join(kuzushiji, name.replace('-idx', '.idx')), content);
  }
  const { train, place, sha256 } = await open(root);
  t.same([train.count, place], [30, kuzushiji]);
  t.equal((await open(join(kuzushiji, 'train-labels-idx1-ubyte'))).sha256, sha256, 'one of its folders');
  writeFileSync(join(kuzushiji, 'train-images.idx3-ubyte'), imagesFile(30, 2, 5, 7));
  t.match(await refusal(root), /^train-images-idx3-ubyte: has other content than train-images.idx3-ubyte: remove the /);

  const pictures = t.testdir({ '.git': { 'a.png': '' } });
  const picture = png(8, 8, Array<number>(64).fill(10));
  writePictures(join(pictures, 'pets'), {
    'cat/1.png': picture,
    'cat/._1.png': Buffer.from('x'),
    'dog/1.png': picture,
  });
  t.same((await open(pictures)).spec.classes, ['cat', 'dog']);
});
