import { readContent } from '../content.js';
import { DataFormatError } from '../errors.js';
import { idxGroups, type IdxGroup } from '../idx-candidates.js';
import { idxNameOf } from '../idx-name.js';
import { survey } from '../survey.js';
import type { Format, Labels, Place, RawSet } from './format.js';
import { parseImages, parseLabels } from './idx.js';

/** The files of one data set. */
interface Files {
  readonly train: Pair;
  readonly test: Pair | undefined;
}

/** The files that say what the images and their labels are: more than one where there are copies. */
interface Pair {
  readonly images: readonly string[];
  readonly labels: readonly string[];
}

/** IDX files of any size and labels: MNIST's like, such as EMNIST and KMNIST. */
export const idxFiles: Format = {
  name: 'idx',
  summary: 'a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for the test set, t10k-…, plain or .gz',
  recognizes: async ({ entries = [] }) => entries.some((entry) => idxNameOf(entry) !== undefined),
  files: async (place) => {
    const { train, test } = await filesIn(place);
    return [train, ...(test === undefined ? [] : [test])].flatMap(({ images, labels }) => [...images, ...labels]);
  },
  read: async (place) => {
    const { train, test } = await filesIn(place);
    const read = await readPair(train);
    const tested = test && (await readPair(test));
    const { height, width } = read;
    if (tested !== undefined && (tested.height !== height || tested.width !== width)) {
      throw new DataFormatError(
        test?.images[0] ?? place.path,
        undefined,
        `has images of ${tested.height} × ${tested.width} pixels, and ${train.images[0]} of ${height} × ${width}`,
      );
    }
    return { kind: 'images', height, width, channels: 1, train: read.set, test: tested?.set };
  },
};

/** @throws DataFormatError where files are missing, or belong to several data sets */
async function filesIn({ path }: Place): Promise<Files> {
  // Files may be in folders with their names, and in no others.
  const groups = idxGroups(await survey(path, 1)).filter(({ home }) => home === path);
  if (groups.length > 1) {
    const names = groups.map(({ set }) => JSON.stringify(set.replace(/[-_. ]$/, ''))).join(', ');
    throw new DataFormatError(path, undefined, `holds several data sets (${names}): put each in a folder of its own`);
  }
  const candidates = (groups[0] as IdxGroup).candidates;
  const train = pair(candidates['train-images'], candidates['train-labels'], 'training', path);
  if (train === undefined) throw new DataFormatError(path, undefined, 'has a test set and no training set');
  return { train, test: pair(candidates['test-images'], candidates['test-labels'], 'test', path) };
}

function pair(images: readonly string[], labels: readonly string[], set: string, path: string): Pair | undefined {
  if (images.length > 0 && labels.length > 0) return { images, labels };
  if (images.length === 0 && labels.length === 0) return undefined;
  const [has, lacks] = images.length === 0 ? ['labels', 'images'] : ['images', 'labels'];
  throw new DataFormatError(path, undefined, `has the ${has} of the ${set} set and not its ${lacks}`);
}

async function readPair(pair: Pair): Promise<{ set: RawSet; height: number; width: number }> {
  const [images, labels] = [pair.images[0] as string, pair.labels[0] as string];
  const { count, height, width, pixels } = parseImages(await readCopies(pair.images), images);
  const numbers = parseLabels(await readCopies(pair.labels), labels);
  if (numbers.length !== count) {
    throw new DataFormatError(labels, undefined, `has ${numbers.length} labels for the ${count} images of ${images}`);
  }
  return { set: { values: pixels, labels: byteLabels(numbers), count }, height, width };
}

/** @throws DataFormatError where files that should be copies of one differ: nothing tells which is meant */
async function readCopies([file, ...copies]: readonly string[]): Promise<Uint8Array> {
  const content = await readContent(file as string);
  for (const copy of copies) {
    if (Buffer.compare(content, await readContent(copy)) === 0) continue;
    throw new DataFormatError(copy, undefined, `has other content than ${file}: remove the one that is not meant`);
  }
  return content;
}

/** Labels that are bytes. */
export function byteLabels(numbers: Uint8Array): Labels {
  const seen = [...new Set(numbers)].sort((a, b) => a - b);
  const places = new Uint8Array(256);
  seen.forEach((number, place) => (places[number] = place));
  return { names: seen.map(String), ofRow: numbers.map((number) => places[number] as number) };
}
