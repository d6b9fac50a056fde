import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DIGITS_SEED,
  DIGITS_TRAIN,
  generateDigits,
  knownSummary,
  NO_SPLIT,
  resolveDataset,
  rowCounts,
  SIDE,
} from '@layerline/datasets';
import type { DatasetReference, GreySet } from '@layerline/datasets';
import { OptionError } from './errors.js';
import type { WorkData } from './work.js';

export const DATA_CHOICES = ['auto', 'mnist', 'digits'] as const;
export type DataChoice = (typeof DATA_CHOICES)[number];

const DIGITS = { name: 'digits', seed: DIGITS_SEED } as const;

/**
 * Decides what is trained on. Layerline trains whole epochs, so the images have to be some: of MNIST, which `auto` takes
 * where it is at hand, else of the built-in digits, whose epochs are shorter. Both cost the same an image.
 * @param cache where the digits are written for programs that read IDX files
 * @throws OptionError where the images are no whole epochs of what may be taken
 * @throws the typed errors of datasets where MNIST is asked for and cannot be had
 */
export async function chooseData(choice: DataChoice, images: number, cache: string): Promise<WorkData> {
  if (choice !== 'digits') {
    const dataDirectory = process.env['LAYERLINE_DATA'];
    const { reference } = await resolveDataset(choice, { dataDirectory });
    if ('directory' in reference && images % imagesOfEpoch(reference) === 0) {
      return { reference, folder: reference.directory };
    }
    if (choice === 'mnist') throw notWhole(images, reference);
  }
  if (images % DIGITS_TRAIN !== 0) throw notWhole(images, DIGITS);
  return digitsData(cache);
}

/**
 * The data that accuracy is measured on: MNIST, which `auto` takes where it is at hand, else the built-in digits.
 * @param cache where the digits are written for programs that read IDX files
 * @throws the typed errors of datasets where MNIST is asked for and cannot be had
 */
export async function chooseBestData(choice: DataChoice, cache: string): Promise<WorkData> {
  const { reference } = await resolveDataset(choice, { dataDirectory: process.env['LAYERLINE_DATA'] });
  return 'directory' in reference ? { reference, folder: reference.directory } : digitsData(cache);
}

/** The training images of so many epochs. */
export function imagesOf(epochs: number, { reference }: WorkData): number {
  return epochs * imagesOfEpoch(reference);
}

/** Epochs that make so many images. */
export function epochsOf(images: number, { reference }: WorkData): number {
  return images / imagesOfEpoch(reference);
}

/** Training images of data that is known by name. */
function imagesOfEpoch({ name }: DatasetReference): number {
  return rowCounts(knownSummary(name === 'mnist' ? 'mnist' : 'digits'), NO_SPLIT).train;
}

function notWhole(images: number, reference: DatasetReference): OptionError {
  const epoch = imagesOfEpoch(reference);
  return new OptionError(`images: ${images} are no whole epochs of ${reference.name}; give a multiple of ${epoch}`);
}

async function digitsData(cache: string): Promise<WorkData> {
  return { reference: DIGITS, folder: await writeDigits(join(cache, 'digits')) };
}

/** Writes the digits as IDX files, once. @returns their folder */
async function writeDigits(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (there) return folder;
  const partial = `${folder}.partial-${process.pid}`;
  await mkdir(partial, { recursive: true });
  const { train, test } = generateDigits(DIGITS.seed);
  for (const [part, set] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    for (const [name, bytes] of idxFiles(set)) await writeFile(join(partial, `${part}-${name}`), bytes);
  }
  // Another benchmark may have been faster.
  await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  return folder;
}

/** The two IDX files of a set of images, without what says which part they are. */
function idxFiles({ images, labels, count }: GreySet): [name: string, bytes: Buffer][] {
  return [
    ['images-idx3-ubyte', idx(images, [count, SIDE, SIDE])],
    ['labels-idx1-ubyte', idx(labels, [count])],
  ];
}

/** Bytes under an IDX header: their type, the number of dimensions, and the size of each. */
function idx(bytes: Uint8Array, shape: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  const UNSIGNED_BYTES = 8;
  header[2] = UNSIGNED_BYTES;
  header[3] = shape.length;
  shape.forEach((size, index) => header.writeUInt32BE(size, 4 + 4 * index));
  return Buffer.concat([header, bytes]);
}
