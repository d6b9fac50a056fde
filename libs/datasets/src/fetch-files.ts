import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readContent, sha256 } from './content.js';
import type { FileDatasetName } from './dataset.js';
import { cannotStore, download, type DownloadProgress } from './download.js';
import { DatasetFileError, DownloadError, IdxError } from './errors.js';
import { storedNames } from './find-files.js';
import { PARTS, type SourceFile, type Sources } from './sources.js';

export interface FetchOptions {
  readonly sources: Sources;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
  readonly limits: TimeLimits | undefined;
  readonly retryDelayMs: number | undefined;
}

/** How long somebody who did not ask for a download is made to wait for one, in milliseconds. */
export interface TimeLimits {
  /** Until the first bytes arrive. */
  readonly firstBytesMs: number;
  /** Until everything has arrived. */
  readonly wholeMs: number;
}

/**
 * Fetches the files of a data set that `directory` lacks, concurrently.
 * @throws {DownloadError} when one cannot be fetched, or not within the limits
 * @throws the signal's reason when it is aborted
 */
export async function fetchFiles(directory: string, name: FileDatasetName, options: FetchOptions): Promise<void> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const timers: NodeJS.Timeout[] = [];
  const giveUpAfter = (limitMs: number): NodeJS.Timeout => {
    const message = `could not be fetched within ${limitMs / 1000} s`;
    const timer = setTimeout(() => stop.abort(new DownloadError('ERR_DOWNLOAD_TIMEOUT', message)), limitMs);
    timers.push(timer);
    return timer;
  };
  const first = options.limits && giveUpAfter(options.limits.firstBytesMs);
  if (options.limits !== undefined) giveUpAfter(options.limits.wholeMs);
  const onProgress = (progress: DownloadProgress): void => {
    clearTimeout(first);
    options.onProgress?.(progress);
  };

  const source = options.sources[name];
  const fetchOne = async (part: (typeof PARTS)[number]): Promise<void> => {
    try {
      if (await isHere(directory, source.files[part])) return;
      const { retryDelayMs } = options;
      const retry = retryDelayMs === undefined ? {} : { retryDelayMs };
      await download(source.files[part], directory, { mirrors: source.mirrors, signal, onProgress, ...retry });
    } catch (error) {
      const shown = signal.aborted || error instanceof DownloadError ? error : cannotStore(directory, error);
      stop.abort(shown);
      throw shown;
    }
  };
  try {
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw cannotStore(directory, error);
    });
    // This waits until every download has ended and released its part.
    const ended = await Promise.allSettled(PARTS.map(fetchOne));
    if (ended.some((result) => result.status === 'rejected')) throw signal.reason;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/**
 * Whether a file is there and intact. Removes a different file that would be read in its place; one under the very name
 * of the download is left to be replaced, because another process may be doing that right now.
 */
async function isHere(directory: string, file: SourceFile): Promise<boolean> {
  const entries = new Set(await readdir(directory));
  for (const stored of storedNames(file).filter((name) => entries.has(name))) {
    const path = join(directory, stored);
    if (await holds(path, file)) return true;
    if (stored !== `${file.name}.gz`) await rm(path, { force: true });
  }
  return false;
}

async function holds(path: string, file: SourceFile): Promise<boolean> {
  try {
    return (await sha256(await readContent(path, file.bytes))) === file.sha256;
  } catch (error) {
    if (error instanceof IdxError) return false;
    if (error instanceof DatasetFileError && error.code === 'ERR_DATASET_CHECKSUM') return false;
    throw error;
  }
}
