import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PARTS, type Part, type Source, type Sources } from '../src/sources.js';

/** An IDX file of images whose bytes depend on `salt`. */
export function imagesFile(count: number, salt: number, height = 28, width = 28): Buffer {
  const header = Buffer.alloc(16);
  for (const [index, word] of [0x803, count, height, width].entries()) header.writeUInt32BE(word, index * 4);
  const size = height * width;
  return Buffer.concat([header, Uint8Array.from({ length: count * size }, (_, index) => (index * 7 + salt) % 251)]);
}

/** An IDX file of labels that depend on `salt`. */
export function labelsFile(count: number, salt: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(0x801, 0);
  header.writeUInt32BE(count, 4);
  return Buffer.concat([header, Uint8Array.from({ length: count }, (_, index) => (index * 3 + salt) % 10)]);
}

export type Contents = Readonly<Record<Part, Buffer>>;

function contents(salt: number, train: number, test: number): Contents {
  return {
    'train-images': imagesFile(train, salt),
    'train-labels': labelsFile(train, salt),
    'test-images': imagesFile(test, salt + 1),
    'test-labels': labelsFile(test, salt + 1),
  };
}

/** Two small data sets that stand in for the published ones; MNIST's train images are the largest file, about 94 kB. */
export const MNIST = contents(1, 120, 40);
export const FASHION = contents(5, 120, 40);

const NAMES: Readonly<Record<Part, string>> = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

function source(title: string, of: Contents, mirrors: readonly string[]): Source {
  const files = Object.fromEntries(
    PARTS.map((part) => {
      const sha256 = createHash('sha256').update(of[part]).digest('hex');
      return [part, { name: NAMES[part], sha256, bytes: of[part].length }];
    }),
  ) as Source['files'];
  return { title, description: 'for tests', files, mirrors, downloadBytes: 1000 };
}

/** What the small data sets must be, and from where they are fetched. */
export function smallSources(mirrors: readonly string[] = []): Sources {
  return { mnist: source('MNIST', MNIST, mirrors), 'fashion-mnist': source('Fashion-MNIST', FASHION, mirrors) };
}

/** A file's name in the style of the published ones. */
export function fileName(part: Part): string {
  return NAMES[part];
}

/** Writes a data set's files, under the published names unless told otherwise. */
export function writeFiles(directory: string, of: Contents, style: 'plain' | 'gzip' | 'dotted' = 'plain'): string {
  mkdirSync(directory, { recursive: true });
  for (const part of PARTS) {
    const name = style === 'dotted' ? NAMES[part].replace('-idx', '.idx') : NAMES[part];
    const path = join(directory, name);
    if (style === 'gzip') writeFileSync(`${path}.gz`, gzipSync(of[part]));
    else writeFileSync(path, of[part]);
  }
  return directory;
}

/** The error that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('nothing failed');
}
