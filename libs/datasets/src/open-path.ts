import { cacheKey, readCache, writeCache } from './cache.js';
import { defaultCacheDirectory } from './cache-directory.js';
import { contentHash } from './content-hash.js';
import type { Content } from './content-hash.js';
import type { DataSpec, ImageSet, LabelPlace, ReadSettings } from './dataset.js';
import { rowSize } from './dataset.js';
import type { RawData, ReadHooks } from './formats/format.js';
import { openablePlace } from './place.js';
import { classesOf } from './raw-classes.js';
import { scaled } from './scale.js';

export interface OpenOptions extends ReadHooks {
  readonly read: ReadSettings;
  /** Default: {@link defaultCacheDirectory}. */
  readonly cacheDirectory?: string | undefined;
}

/** A data set of the user's own. */
export interface OpenedPath extends Content {
  /** Absolute: the file or folder that it is in, which may be below the path that was given. */
  readonly place: string;
  readonly format: string;
  readonly sha256: string;
}

/** Pictures of which no more than this share has something under a label are taken to have room for one there. */
const BACKGROUND = 0.01;
/** Files of fewer are read again as fast as from a cache. */
const CACHED_FILES = 100;

/**
 * Opens data that is kept in a file or a folder.
 * @throws DataFormatError for anything malformed, or where the path leads to nothing that can be learned from
 * @throws DatasetFileError for what cannot be read
 */
export async function openPath(path: string, options: OpenOptions): Promise<OpenedPath> {
  const { place, format } = await openablePlace(path);
  const { read, cacheDirectory = defaultCacheDirectory() } = options;
  const files = await format.files(place);
  const key = files.length < CACHED_FILES ? undefined : await cacheKey(files, read);
  const kept = key === undefined ? undefined : await readCache(cacheDirectory, key);
  const content = kept ?? contentOf(await format.read(place, read, options), place.path);
  if (key !== undefined && kept === undefined) await writeCache(cacheDirectory, key, content);
  return { ...content, place: place.path, format: format.name, sha256: contentHash(content) };
}

function contentOf(raw: RawData, path: string): Content {
  const { kind, height, width, channels, titles = {} } = raw;
  const classed = classesOf(raw, path);
  const rows = scaled(raw);
  const train: ImageSet = { images: rows.train, labels: classed.train, count: raw.train.count };
  const test: ImageSet | undefined = raw.test && {
    images: rows.test ?? new Uint8Array(),
    labels: classed.test ?? new Uint8Array(),
    count: raw.test.count,
  };
  const shape = { kind, height, width, channels, classes: classed.names.map((name) => titles[name] ?? name) };
  return { spec: { ...shape, label: labelPlace(shape, train) }, train, test };
}

/** A label goes over the first inputs of pictures that have nothing there, and else before them. */
function labelPlace(shape: Omit<DataSpec, 'label'>, { images, count }: ImageSet): LabelPlace {
  const size = rowSize(shape);
  const under = shape.classes.length;
  if (shape.kind === 'table' || size <= under) return 'append';
  let inked = 0;
  for (let row = 0; row < count; row++) {
    if (images.subarray(row * size, row * size + under).some((value: number) => value !== 0)) inked++;
  }
  return inked <= BACKGROUND * count ? 'overwrite' : 'append';
}
