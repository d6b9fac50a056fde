import envPaths from 'env-paths';
import { join } from 'node:path';
import { DATASET_NAMES, type DatasetName, type DatasetReference, type FileDatasetName } from './dataset.js';
import { DIGITS_SEED } from './digits.js';
import type { DownloadProgress } from './download.js';
import { DatasetFileError, DownloadError, IdxError, UnknownDatasetError } from './errors.js';
import { fetchFiles, type TimeLimits } from './fetch-files.js';
import { readFiles } from './files.js';
import { findFiles, type FoundFiles } from './find-files.js';
import { SOURCES, type Sources } from './sources.js';

export interface ResolveOptions {
  /** Where the user says the files are: in this directory, or in a folder in it with the data set's name. */
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
  /** What the files must be and where they are fetched; the published data sets unless a test supplies its own. */
  readonly sources?: Sources | undefined;
  /** First wait between two attempts at one mirror, in milliseconds. */
  readonly retryDelayMs?: number | undefined;
}

export interface ResolvedDataset {
  readonly reference: DatasetReference;
  /** One line for people: which data, and from where or why. */
  readonly reason: string;
}

/** Nobody asked for the download that `auto` tries, and it delays the start. What has arrived by then is kept. */
const AUTO_LIMITS: TimeLimits = { firstBytesMs: 5_000, wholeMs: 60_000 };

/** Where downloads are kept unless told otherwise: `data` in the user's directory for Layerline's data. */
export function defaultCacheDirectory(): string {
  return join(envPaths('layerline', { suffix: '' }).data, 'data');
}

/**
 * Decides which data a request means, and makes sure that it is there and intact. MNIST and Fashion-MNIST come from
 * `dataDirectory` if one is given (and then from nowhere else), else from the cache, else from a download into it.
 * `auto` is MNIST if that works, within a minute if it takes a download, else the built-in digits.
 * @throws {UnknownDatasetError} for any other request
 * @throws {DatasetFileError | IdxError} when `dataDirectory` lacks the files or they are not the published ones
 * @throws {DownloadError} when a data set asked for by name cannot be fetched
 * @throws the signal's reason when it is aborted
 */
export async function resolveDataset(
  request: 'auto' | DatasetName,
  options: ResolveOptions = {},
): Promise<ResolvedDataset> {
  if (request !== 'auto' && !DATASET_NAMES.includes(request)) {
    throw new UnknownDatasetError(request, ['auto', ...DATASET_NAMES]);
  }
  if (request === 'digits') return { reference: digits(options), reason: 'digits (built in)' };
  const name = request === 'auto' ? 'mnist' : request;
  const { dataDirectory, sources = SOURCES } = options;
  if (dataDirectory !== undefined) {
    const { directory } = await checkedFiles(dataDirectory, name, sources);
    return { reference: { name, directory }, reason: `${name} from ${directory}` };
  }
  try {
    return await fromCache(request, name, sources, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof DownloadError)) throw error;
    const { title } = sources[name];
    if (request === 'auto') {
      const reason = `digits (built in): ${title} is not in the cache and ${downloadProblem(error)}`;
      return { reference: digits(options), reason };
    }
    const advice = 'give the directory that holds its files with --data-dir, or take --dataset digits (built in)';
    throw new DownloadError(error.code, `${title} is not here: ${error.message}; ${advice}`, { cause: error });
  }
}

async function fromCache(
  request: 'auto' | FileDatasetName,
  name: FileDatasetName,
  sources: Sources,
  options: ResolveOptions,
): Promise<ResolvedDataset> {
  const directory = join(options.cacheDirectory ?? defaultCacheDirectory(), name);
  const resolved = (found: FoundFiles, how: string): ResolvedDataset => ({
    reference: { name, directory: found.directory },
    reason: `${name} from ${found.directory} (${how})`,
  });
  try {
    return resolved(await checkedFiles(directory, name, sources), 'downloaded before');
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
  return resolved(await checkedFiles(directory, name, sources), 'downloaded now');
}

async function checkedFiles(directory: string, name: FileDatasetName, sources: Sources): Promise<FoundFiles> {
  const found = await findFiles(directory, name, sources);
  await readFiles(found, name, sources);
  return found;
}

function digits(options: ResolveOptions): DatasetReference {
  return { name: 'digits', seed: options.digitsSeed ?? DIGITS_SEED };
}

function downloadProblem(error: DownloadError): string {
  // A time limit applies to the whole; otherwise the first mirror's problem is enough for a line.
  if (error.code === 'ERR_DOWNLOAD_TIMEOUT' && error.cause === undefined) return error.message;
  return `could not be fetched (${error.cause instanceof DownloadError ? error.cause.message : error.message})`;
}
