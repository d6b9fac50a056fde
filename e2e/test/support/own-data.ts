import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fold, normal, randomKey } from '@layerline/ops';
import { encode } from 'fast-png';

const KEY = randomKey(0x6f776e);

/** Rows of three classes that are told apart with little trouble, drawn around a point of each. */
export function tableOf(rows: number, columns: number): string {
  const names = ['red', 'green', 'blue'];
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row % names.length;
    const numbers = Array.from({ length: columns }, (_, column) => {
      const middle = normal(fold(KEY, label), column);
      return (10 * (middle + 0.4 * normal(fold(KEY, 9, row), column))).toFixed(3);
    });
    return [names[label], ...numbers].join(',');
  });
  const header = ['colour', ...Array.from({ length: columns }, (_, column) => `x${column}`)].join(',');
  return `${[header, ...lines].join('\n')}\n`;
}

/** Bytes of pictures in which each class has a pattern of its own. */
export function pictureBytes(rows: number, classes: number, size: number): { images: Uint8Array; labels: Uint8Array } {
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % classes);
  const images = new Uint8Array(rows * size);
  for (let row = 0; row < rows; row++) {
    for (let pixel = classes; pixel < size; pixel++) {
      const pattern = normal(fold(KEY, 1, labels[row] as number), pixel) > 0.8;
      const noise = normal(fold(KEY, 2, row), pixel) > 1.8;
      images[row * size + pixel] = pattern !== noise ? 255 : 0;
    }
  }
  return { images, labels };
}

/** IDX files of a training set and a test set, in a folder. */
export function writeIdx(folder: string, classes: number, side: number, rows: number, tests: number): void {
  mkdirSync(folder, { recursive: true });
  for (const [part, count] of [
    ['train', rows],
    ['t10k', tests],
  ] as const) {
    const { images, labels } = pictureBytes(count, classes, side * side);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), Buffer.concat([header(0x803, count, side, side), images]));
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), Buffer.concat([header(0x801, count), labels]));
  }
}

/** CIFAR-10's binary files, of so many pictures each. */
export function writeCifar(folder: string, rows: number): void {
  mkdirSync(folder, { recursive: true });
  const { images, labels } = pictureBytes(rows, 10, 3072);
  const records = Array.from(labels, (label, row) => {
    return Buffer.concat([Buffer.of(label), images.subarray(row * 3072, (row + 1) * 3072)]);
  });
  for (const name of ['data_batch_1.bin', 'test_batch.bin']) writeFileSync(join(folder, name), Buffer.concat(records));
}

function header(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, place) => bytes.writeUInt32BE(word, 4 * place));
  return bytes;
}

/** Pictures of some classes, as a folder has them. */
export function writePictures(
  folder: string,
  classes: readonly string[],
  side: number,
  rows: number,
  tests: number,
): void {
  const { images, labels } = pictureBytes((rows + tests) * classes.length, classes.length, side * side);
  labels.forEach((label, row) => {
    const place = Math.floor(row / classes.length);
    const part = join(folder, place < rows ? 'train' : 'test', classes[label] as string);
    mkdirSync(part, { recursive: true });
    const data = images.subarray(row * side * side, (row + 1) * side * side);
    const name = `${place < rows ? place : place - rows}.png`;
    writeFileSync(join(part, name), encode({ width: side, height: side, channels: 1, data }));
  });
}
