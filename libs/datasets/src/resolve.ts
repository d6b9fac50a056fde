import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { defaultCacheDirectory } from './cache-directory.js';
import { DATASET_NAMES, type DatasetReference, type FileDatasetName, type ReadSettings } from './dataset.js';
import { DIGITS_SEED } from './digits.js';
import type { DownloadProgress } from './download.js';
import { DatasetFileError, DownloadError, IdxError, UnknownDatasetError } from './errors.js';
import { fetchFiles, type TimeLimits } from './fetch-files.js';
import { findFiles } from './find-files.js';
import { openPath, type OpenedPath } from './open-path.js';
import { foundPlace, type FoundPlace } from './place.js';
import { isPublished, mainProblem, openPublished, tryPlaces, type Published } from './published.js';
import { SOURCES, type Sources } from './sources.js';
import { rowsByClass } from './split.js';
import { knownSummary, type DataSummary } from './summary.js';

export interface ResolveOptions {
  /** Where the user says the files are: in this directory or below it, or an `.npz`. See `findFiles`. */
  readonly dataDirectory?: string | undefined;
  /** Holds a folder for each data set that was downloaded. Default: {@link defaultCacheDirectory}. */
  readonly cacheDirectory?: string | undefined;
  /** Seed of `digits`. Not that of a run, so that runs with several seeds learn from the same data. */
  readonly digitsSeed?: number | undefined;
  /** Called as bytes of a download arrive. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops a download; what has arrived is kept. */
  readonly signal?: AbortSignal | undefined;
  /** How long `auto` waits for a download. */
  readonly limits?: TimeLimits | undefined;
  /** How a file of the user's own is read. */
  readonly read?: ReadSettings | undefined;
  /** Called now and then while many files are read. */
  readonly onFile?: ((done: number, all: number) => void) | undefined;
  /** What the files must be and where they are fetched; the published data sets unless a test supplies its own. */
  readonly sources?: Sources | undefined;
  /** First wait between two attempts at one mirror, in milliseconds. */
  readonly retryDelayMs?: number | undefined;
}

export interface ResolvedDataset {
  readonly reference: DatasetReference;
  readonly summary: DataSummary;
  /** One line for people: which data, and from where or why. */
  readonly reason: string;
}

/** Nobody asked for the download that `auto` tries, and it delays the start. What has arrived by then is kept. */
const AUTO_LIMITS: TimeLimits = { firstBytesMs: 5_000, wholeMs: 60_000 };

/**
 * Decides which data a request means, and makes sure that it is there and intact: `auto`, the name of a published data set, or
 * the path of a file or folder. MNIST and Fashion-MNIST come from `dataDirectory` if one is given (and then from nowhere
 * else), else from the cache, else from a download into it. `auto` is MNIST if that works, within a minute if it takes a
 * download, else the built-in digits. Files that are not the published ones are taken as what they are.
 * @throws {UnknownDatasetError} for any other request
 * @throws {DatasetFileError | IdxError | DataFormatError} when files are missing or malformed
 * @throws {DownloadError} when a data set asked for by name cannot be fetched
 * @throws the signal's reason when it is aborted
 */
export async function resolveDataset(request: string, options: ResolveOptions = {}): Promise<ResolvedDataset> {
  if (request === 'digits') return digits(options, 'digits (built in)');
  const name = fileDatasetOf(request === 'auto' ? 'mnist' : request);
  if (name === undefined) return fromPath(request, options);
  const { dataDirectory, sources = SOURCES } = options;
  if (dataDirectory !== undefined) return fromFolder(dataDirectory, name, options);
  try {
    return await fromCache(request, name, sources, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof DownloadError)) throw error;
    const { title } = sources[name];
    if (request === 'auto') {
      return digits(options, `digits (built in): ${title} is not in the cache and ${downloadProblem(error)}`);
    }
    const advice = 'give the directory that holds its files with --data-dir, or take --dataset digits (built in)';
    throw new DownloadError(error.code, `${title} is not here: ${error.message}; ${advice}`, { cause: error });
  }
}

/** A name of a data set that is read from the files as they were published. */
export function fileDatasetOf(name: string): FileDatasetName | undefined {
  return DATASET_NAMES.find((each): each is FileDatasetName => each === name && each !== 'digits');
}

/** Data that the user says is in this folder. */
async function fromFolder(folder: string, name: FileDatasetName, options: ResolveOptions): Promise<ResolvedDataset> {
  const { sources = SOURCES } = options;
  const tried = await tryPlaces(await findFiles(folder, name, sources), name, sources);
  if (isPublished(tried)) return known(name, tried, undefined);
  const { error, place } = mainProblem(tried);
  if (error.code !== 'ERR_DATASET_CHECKSUM') throw error;
  const { title } = sources[name];
  const changed = tried.filter((problem) => problem.error.code === 'ERR_DATASET_CHECKSUM');
  if (changed.length > 1) {
    const places = changed.map((problem) => problem.place.directory).join(' and ');
    const message = `${places} hold different files, and none are the published ones of ${title}: give one with --dataset`;
    throw new DatasetFileError('ERR_DATASET_AMBIGUOUS', message);
  }
  const own = await fromPath(place.directory, options);
  return { ...own, reason: `${own.reason}. These are not the published files of ${title}: taken as they are` };
}

function known(name: FileDatasetName, { directory }: Published, how: string | undefined): ResolvedDataset {
  const reason = `${name} from ${directory}${how === undefined ? '' : ` (${how})`}`;
  return { reference: { name, directory }, summary: knownSummary(name), reason };
}

/**
 * A file or folder of the user's own, in which published data is known by its checksums. Data of a format that is known goes
 * before published data in a folder further below.
 */
async function fromPath(request: string, options: ResolveOptions): Promise<ResolvedDataset> {
  const path = resolve(request);
  if (!existsSync(path)) throw new UnknownDatasetError(request, ['auto', ...DATASET_NAMES]);
  const { sources = SOURCES, read = {}, onFile, cacheDirectory } = options;
  const found = await foundPlace(path);
  const published = await publishedIn(found, sources);
  if (published !== undefined) return published;
  const opened = await openPath(path, { read, onFile, cacheDirectory });
  const summary = summaryOf(opened);
  const name = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.\w+$/, '');
  const { spec, train, format, place } = opened;
  const size = spec.kind === 'table' ? `${spec.width} numbers` : `${spec.width} × ${spec.height} pixels`;
  const about = `${format}, ${train.count} rows of ${size}, ${spec.classes.length} classes`;
  return {
    reference: { name, path, read, sha256: opened.sha256 },
    summary,
    reason: `${name} from ${place} (${about})`,
  };
}

/** @throws {DatasetFileError} where there are several */
async function publishedIn({ place, format }: FoundPlace, sources: Sources): Promise<ResolvedDataset | undefined> {
  const all: ResolvedDataset[] = [];
  for (const name of Object.keys(sources) as FileDatasetName[]) {
    const places = await findFiles(place.path, name, sources).catch(() => []);
    const near = places.filter(({ directory }) => format === undefined || directory === place.path);
    const tried = await tryPlaces(near, name, sources);
    if (isPublished(tried)) all.push(known(name, tried, 'known by its checksums'));
  }
  if (all.length < 2) return all[0];
  const reasons = all.map(({ reason }) => reason).join(' and ');
  const message = `${place.path} holds several data sets: ${reasons}. Give the path of one of them`;
  throw new DatasetFileError('ERR_DATASET_AMBIGUOUS', message);
}

function summaryOf({ spec, sha256, train, test }: OpenedPath): DataSummary {
  return { spec, sha256, trainByClass: rowsByClass(train, spec.classes.length), testRows: test?.count ?? 0 };
}

async function fromCache(
  request: string,
  name: FileDatasetName,
  sources: Sources,
  options: ResolveOptions,
): Promise<ResolvedDataset> {
  const directory = join(options.cacheDirectory ?? defaultCacheDirectory(), name);
  try {
    return known(name, await openPublished(directory, name, sources), 'downloaded before');
  } catch (error) {
    if (!(error instanceof DatasetFileError || error instanceof IdxError)) throw error;
  }
  await fetchFiles(directory, name, {
    sources,
    signal: options.signal,
    onProgress: options.onProgress,
    limits: request === 'auto' ? (options.limits ?? AUTO_LIMITS) : undefined,
    retryDelayMs: options.retryDelayMs,
  });
  return known(name, await openPublished(directory, name, sources), 'downloaded now');
}

function digits({ digitsSeed: seed = DIGITS_SEED }: ResolveOptions, reason: string): ResolvedDataset {
  return { reference: { name: 'digits', seed }, summary: knownSummary('digits'), reason };
}

function downloadProblem(error: DownloadError): string {
  // A time limit applies to the whole; otherwise the first mirror's problem is enough for a line.
  if (error.code === 'ERR_DOWNLOAD_TIMEOUT' && error.cause === undefined) return error.message;
  return `could not be fetched (${error.cause instanceof DownloadError ? error.cause.message : error.message})`;
}
