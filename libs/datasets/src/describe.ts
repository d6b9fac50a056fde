import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASET_NAMES, type DatasetName, type FileDatasetName } from './dataset.js';
import { DIGITS_TEST, DIGITS_TRAIN } from './digits.js';
import { DatasetFileError, IdxError, systemCode } from './errors.js';
import { defaultCacheDirectory } from './cache-directory.js';
import { openPublished } from './published.js';
import type { ResolveOptions } from './resolve.js';
import { SOURCES, type Sources } from './sources.js';

export interface DatasetDescription {
  readonly name: DatasetName;
  readonly description: string;
  /** Numbers of images. */
  readonly train: number;
  readonly test: number;
  /** Whether it can be used now, without a download. */
  readonly present: boolean;
  /** The directory of its files, or the `.npz` that it is, if they are complete. */
  readonly directory: string | undefined;
  /** The size of its files on disk or, if it is not present, roughly of a download; 0 for built-in data. */
  readonly bytes: number;
  /** Why existing files cannot be used; one line. */
  readonly problem: string | undefined;
}

/** Failures that only mean that this data set is absent, which is no problem: another may be there. */
const ABSENT: ReadonlySet<string> = new Set(['ERR_DATASET_MISSING', 'ERR_DATASET_MISLABELLED']);

/**
 * Describes every data set, and whether it is present: in `dataDirectory`, else in the cache. Checks files as a run
 * does.
 */
export async function describeDatasets(
  options: Pick<ResolveOptions, 'dataDirectory' | 'cacheDirectory' | 'sources'> = {},
): Promise<DatasetDescription[]> {
  return Promise.all(
    DATASET_NAMES.map(async (name) => (name === 'digits' ? describeDigits() : describeFiles(name, options))),
  );
}

function describeDigits(): DatasetDescription {
  return {
    name: 'digits',
    description: 'handwritten-looking digits, drawn by the program itself',
    train: DIGITS_TRAIN,
    test: DIGITS_TEST,
    present: true,
    directory: undefined,
    bytes: 0,
    problem: undefined,
  };
}

async function describeFiles(
  name: FileDatasetName,
  options: Pick<ResolveOptions, 'dataDirectory' | 'cacheDirectory' | 'sources'>,
): Promise<DatasetDescription> {
  const { dataDirectory, cacheDirectory = defaultCacheDirectory(), sources = SOURCES } = options;
  const { title, description, files, downloadBytes } = sources[name];
  const about = {
    name,
    description: `${title}: ${description}`,
    train: labelCount(files['train-labels'].bytes),
    test: labelCount(files['test-labels'].bytes),
  };
  let problem: string | undefined;
  const cache = join(cacheDirectory, name);
  for (const directory of [dataDirectory, cache]) {
    if (directory === undefined) continue;
    try {
      const found = await look(directory, name, sources);
      return { ...about, present: true, ...found, problem: undefined };
    } catch (error) {
      if (!(error instanceof DatasetFileError || error instanceof IdxError)) throw error;
      const noCacheYet = directory === cache && systemCode(error.cause) === 'ENOENT';
      if (!noCacheYet && !ABSENT.has(error.code)) problem ??= error.message;
    }
  }
  return { ...about, present: false, directory: undefined, bytes: downloadBytes, problem };
}

async function look(
  directory: string,
  name: FileDatasetName,
  sources: Sources,
): Promise<{ directory: string; bytes: number }> {
  const found = await openPublished(directory, name, sources);
  const sizes = await Promise.all(found.paths.map(async (path) => (await stat(path)).size));
  return { directory: found.directory, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** An IDX file of labels is a header of 8 bytes and a byte for each label. */
function labelCount(bytes: number): number {
  return bytes - 8;
}
