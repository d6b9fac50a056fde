import { join } from 'node:path';
import { readContent } from '../content.js';
import { DataFormatError } from '../errors.js';
import type { Format, Labels, Place, RawSet } from './format.js';
import { parseImages, parseLabels } from './idx.js';

/** `emnist-letters-train-images-idx3-ubyte.gz`: what comes before, the split, and what is in it. */
const NAME = /^(?<set>.*?)(?<split>train|t10k|test)[-_.]?(?<kind>images|labels)[-_.]?idx[13][-_.]ubyte(?:\.gz)?$/i;

/** The files of one data set. */
interface Files {
  readonly train: Pair;
  readonly test: Pair | undefined;
}

interface Pair {
  readonly images: string;
  readonly labels: string;
}

/** IDX files of any size and labels: MNIST's like, such as EMNIST and KMNIST. */
export const idxFiles: Format = {
  name: 'idx',
  summary: 'a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for the test set, t10k-…, plain or .gz',
  recognizes: async ({ entries = [] }) => entries.some((entry) => NAME.test(entry)),
  files: async (place) => {
    const { train, test } = filesIn(place);
    return [train, ...(test === undefined ? [] : [test])].flatMap(({ images, labels }) => [images, labels]);
  },
  read: async (place) => {
    const { train, test } = filesIn(place);
    const read = await readPair(train);
    const tested = test && (await readPair(test));
    const { height, width } = read;
    if (tested !== undefined && (tested.height !== height || tested.width !== width)) {
      throw new DataFormatError(
        test?.images ?? place.path,
        undefined,
        `has images of ${tested.height} × ${tested.width} pixels, and ${train.images} of ${height} × ${width}`,
      );
    }
    return { kind: 'images', height, width, channels: 1, train: read.set, test: tested?.set };
  },
};

/** @throws DataFormatError where files are missing, or belong to several data sets */
function filesIn({ path, entries = [] }: Place): Files {
  const found = entries.flatMap((entry) => {
    const { set = '', split = '', kind = '' } = NAME.exec(entry)?.groups ?? {};
    if (kind === '') return [];
    const part = split.toLowerCase() === 'train' ? 'train' : 'test';
    return [{ set, key: `${part} ${kind.toLowerCase()}`, file: join(path, entry) }];
  });
  const sets = [...new Set(found.map(({ set }) => set))];
  if (sets.length > 1) {
    const names = sets.map((set) => JSON.stringify(set.replace(/[-_.]$/, ''))).join(', ');
    throw new DataFormatError(path, undefined, `holds several data sets (${names}): put each in a folder of its own`);
  }
  const fileOf = (key: string): string | undefined => found.find((file) => file.key === key)?.file;
  const pair = (part: string): Pair | undefined => {
    const [images, labels] = [fileOf(`${part} images`), fileOf(`${part} labels`)];
    if (images !== undefined && labels !== undefined) return { images, labels };
    if (images === undefined && labels === undefined) return undefined;
    const problem = `has the ${images === undefined ? 'labels' : 'images'} of the ${part === 'train' ? 'training' : 'test'} set`;
    throw new DataFormatError(path, undefined, `${problem} and not its ${images === undefined ? 'images' : 'labels'}`);
  };
  const train = pair('train');
  if (train === undefined) throw new DataFormatError(path, undefined, 'has a test set and no training set');
  return { train, test: pair('test') };
}

async function readPair({ images, labels }: Pair): Promise<{ set: RawSet; height: number; width: number }> {
  const { count, height, width, pixels } = parseImages(await readContent(images), images);
  const numbers = parseLabels(await readContent(labels), labels);
  if (numbers.length !== count) {
    throw new DataFormatError(labels, undefined, `has ${numbers.length} labels for the ${count} images of ${images}`);
  }
  return { set: { values: pixels, labels: byteLabels(numbers), count }, height, width };
}

/** Labels that are bytes. */
export function byteLabels(numbers: Uint8Array): Labels {
  const seen = [...new Set(numbers)].sort((a, b) => a - b);
  const places = new Uint8Array(256);
  seen.forEach((number, place) => (places[number] = place));
  return { names: seen.map(String), ofRow: numbers.map((number) => places[number] as number) };
}
