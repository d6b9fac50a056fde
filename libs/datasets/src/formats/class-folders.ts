import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFormatError } from '../errors.js';
import { isRubbish } from '../survey.js';
import { decodePicture, isPicture } from './picture-file.js';
import type { Picture } from './picture-file.js';
import type { Format, Place, RawSet, ReadHooks } from './format.js';
import { LabelIndex } from './label-index.js';

/** What people call the folders of the two sets. */
const TRAIN = ['train', 'training'];
const TEST = ['test', 'testing', 'val', 'valid', 'validation'];
/** Files between two calls of `onFile`. */
const REPORT_EVERY = 256;

/** A picture and the folder that it is in. */
interface Labelled {
  readonly file: string;
  readonly label: string;
}

/** Pictures in a folder for each class, perhaps in one for each set. */
export const classFolders: Format = {
  name: 'folder',
  summary: 'a folder with a folder of PNG or JPEG pictures for each class, or with such folders in train and test',
  recognizes: async (place) => {
    const { train } = await listed(place);
    return train.length > 0;
  },
  files: async (place) => {
    const { train, test } = await listed(place);
    return [...train, ...(test ?? [])].map(({ file }) => file);
  },
  read: async (place, _, hooks) => {
    const { train, test } = await listed(place);
    const reader = new PictureReader(train.length + (test?.length ?? 0), hooks);
    const sets = [await reader.read(train), test && (await reader.read(test))] as const;
    const { height, width, channels } = reader;
    const [read, tested] = sets.map((set) => set && inChannels(set, channels, height * width));
    return { kind: 'images', height, width, channels, train: read as RawSet, test: tested };
  },
};

/** All pictures, in the order of their names, so that the same folder is always the same data. */
async function listed(place: Place): Promise<{ train: Labelled[]; test: Labelled[] | undefined }> {
  const { path, entries = [] } = place;
  const named = (names: readonly string[]): string | undefined => {
    return entries.find((entry) => names.includes(entry.toLowerCase()));
  };
  const [train, test] = [named(TRAIN), named(TEST)];
  if (train === undefined) return { train: await classesIn(path), test: undefined };
  const tested = test === undefined ? [] : await classesIn(join(path, test));
  return { train: await classesIn(join(path, train)), test: tested.length === 0 ? undefined : tested };
}

async function classesIn(path: string): Promise<Labelled[]> {
  const folders = (await readdir(path, { withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isDirectory() && !isRubbish(entry.name),
  );
  const found: Labelled[] = [];
  for (const label of folders.map(({ name }) => name).sort()) {
    const names = (await readdir(join(path, label))).filter((name) => isPicture(name) && !isRubbish(name)).sort();
    found.push(...names.map((name) => ({ file: join(path, label, name), label })));
  }
  return found;
}

/** Reads pictures of one size. */
class PictureReader {
  height = 0;
  width = 0;
  /** 3 as soon as one has a colour. */
  channels: 1 | 3 = 1;
  #first: string | undefined;
  #done = 0;

  constructor(
    readonly all: number,
    readonly hooks: ReadHooks,
  ) {}

  /** @throws DataFormatError for a picture of another size than the first, or one that cannot be read */
  async read(pictures: readonly Labelled[]): Promise<RawSet> {
    const index = new LabelIndex((pictures[0] as Labelled).file);
    let values = new Uint8Array();
    let channels: number = this.channels;
    for (const [row, { file, label }] of pictures.entries()) {
      const picture = await decodePicture(file);
      this.#check(picture, file);
      const pixels = picture.height * picture.width;
      if (row === 0) values = new Uint8Array(pictures.length * pixels * channels);
      if (picture.channels > channels) {
        values = coloured(values);
        channels = this.channels = picture.channels;
      }
      values.set(picture.channels === channels ? picture.data : coloured(picture.data), row * pixels * channels);
      index.add(label);
      this.#done++;
      if (this.#done % REPORT_EVERY === 0 || this.#done === this.all) this.hooks.onFile?.(this.#done, this.all);
    }
    return { values, labels: index.labels, count: pictures.length };
  }

  #check({ height, width }: Picture, file: string): void {
    if (this.#first === undefined) [this.#first, this.height, this.width] = [file, height, width];
    if (height === this.height && width === this.width) return;
    throw new DataFormatError(
      file,
      undefined,
      `has ${width} × ${height} pixels, and ${this.#first} has ${this.width} × ${this.height}: all pictures need one size, ` +
        `as ImageMagick makes it: mogrify -resize ${this.width}x${this.height}! FILES`,
    );
  }
}

/** Grey values as red, green and blue. */
function coloured(grey: Uint8Array): Uint8Array<ArrayBuffer> {
  const colours = new Uint8Array(3 * grey.length);
  for (let at = 0; at < colours.length; at++) colours[at] = grey[Math.floor(at / 3)] as number;
  return colours;
}

function inChannels(set: RawSet, channels: 1 | 3, pixels: number): RawSet {
  if (set.values.length === set.count * pixels * channels) return set;
  return { ...set, values: coloured(set.values as Uint8Array) };
}
