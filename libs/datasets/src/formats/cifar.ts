import { join } from 'node:path';
import { readContent } from '../content.js';
import { DataFormatError } from '../errors.js';
import type { Format, Place, RawSet } from './format.js';
import { byteLabels } from './idx-files.js';

const SIDE = 32;
const CHANNELS = 3;
const PIXELS = SIDE * SIDE;

/** A version of the set: CIFAR-100 has a label of 20 superclasses before that of its classes. */
interface Version {
  readonly train: readonly string[];
  readonly test: string;
  readonly names: string;
  readonly labelBytes: number;
}

const VERSIONS: readonly Version[] = [
  {
    train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
    test: 'test_batch.bin',
    names: 'batches.meta.txt',
    labelBytes: 1,
  },
  { train: ['train.bin'], test: 'test.bin', names: 'fine_label_names.txt', labelBytes: 2 },
];

/** CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary form. */
export const cifar: Format = {
  name: 'cifar',
  summary: 'a folder with data_batch_1.bin … and test_batch.bin (CIFAR-10), or train.bin and test.bin (CIFAR-100)',
  recognizes: async (place) => versionOf(place) !== undefined,
  files: async (place) => {
    const { train, test } = versionOf(place) as Version;
    return [...present(train, place), ...present([test], place)].map((name) => join(place.path, name));
  },
  read: async (place) => {
    const version = versionOf(place) as Version;
    const train = await readBatches(present(version.train, place), version, place);
    const tests = present([version.test], place);
    const test = tests.length === 0 ? undefined : await readBatches(tests, version, place);
    const titles = await titlesOf(version, place);
    return { kind: 'images', height: SIDE, width: SIDE, channels: CHANNELS, train, test, ...(titles && { titles }) };
  },
};

function versionOf({ entries = [] }: Place): Version | undefined {
  return VERSIONS.find(({ train }) => train.some((name) => entries.includes(name)));
}

function present(names: readonly string[], { entries = [] }: Place): string[] {
  return names.filter((name) => entries.includes(name));
}

async function readBatches(names: readonly string[], { labelBytes }: Version, { path }: Place): Promise<RawSet> {
  const record = labelBytes + CHANNELS * PIXELS;
  const contents: Uint8Array[] = [];
  for (const name of names) {
    const content = await readContent(join(path, name));
    if (content.length === 0 || content.length % record !== 0) {
      const problem = `has ${content.length} bytes, which is no multiple of the ${record} of a picture: fetch it again`;
      throw new DataFormatError(join(path, name), undefined, problem);
    }
    contents.push(content);
  }
  const count = contents.reduce((sum, { length }) => sum + length / record, 0);
  const values = new Uint8Array(count * CHANNELS * PIXELS);
  const labels = new Uint8Array(count);
  let row = 0;
  for (const content of contents) {
    for (let at = 0; at < content.length; at += record, row++) {
      labels[row] = content[at + labelBytes - 1] as number;
      interleave(content.subarray(at + labelBytes, at + record), values, row * CHANNELS * PIXELS);
    }
  }
  return { values, labels: byteLabels(labels), count };
}

/** Puts the channels of a pixel beside each other: the file has all red values, then all green and all blue ones. */
function interleave(planes: Uint8Array, into: Uint8Array, offset: number): void {
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      into[offset + pixel * CHANNELS + channel] = planes[channel * PIXELS + pixel] as number;
    }
  }
}

/** The names of the classes, where their file is there. */
async function titlesOf({ names }: Version, place: Place): Promise<Record<string, string> | undefined> {
  if (present([names], place).length === 0) return undefined;
  const text = new TextDecoder().decode(await readContent(join(place.path, names)));
  const lines = text.split('\n').map((line) => line.trim());
  return Object.fromEntries(lines.filter((line) => line !== '').map((line, label) => [String(label), line]));
}
