import { setTimeout as sleep } from 'node:timers/promises';
import { readContent, sha256, short } from './content.js';
import { DatasetFileError, DownloadError, IdxError, systemCode } from './errors.js';
import { PartFile } from './part-file.js';
import { receive } from './receive.js';
import type { SourceFile } from './sources.js';

export interface DownloadProgress {
  /** The file's name, such as train-images-idx3-ubyte.gz. */
  readonly file: string;
  /** Bytes received, including those of earlier attempts. */
  readonly receivedBytes: number;
  /** Undefined when the server does not say. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  /** Tried in this order. */
  readonly mirrors: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Wait before a second attempt at the same mirror, in milliseconds; doubled after each. */
  readonly retryDelayMs?: number;
  /** A connection on which nothing arrives for this long is given up, in milliseconds. */
  readonly stallMs?: number;
}

/** Attempts at one mirror without progress before the next mirror is tried. */
const FRUITLESS_ATTEMPTS = 3;
const RETRY_DELAY_MS = 500;
const STALL_MS = 15_000;

/**
 * Fetches one published file, compressed, into `directory` under its name and `.gz`. The file appears there complete
 * and checked or not at all; what an interrupted attempt received is kept, and the next one resumes from there.
 * @throws {DownloadError} when no mirror delivers it, or it cannot be stored
 * @throws the signal's reason when it is aborted
 */
export async function download(source: SourceFile, directory: string, options: DownloadOptions): Promise<void> {
  const problems: DownloadError[] = [];
  for (const mirror of options.mirrors) {
    try {
      await fromMirror(source, `${mirror}${source.name}.gz`, directory, options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof DownloadError)) throw cannotStore(directory, error);
      if (error.code === 'ERR_DOWNLOAD_STORE') throw error;
      problems.push(error);
    }
  }
  const [first] = problems;
  // A proxy may be in the way of all of them.
  const reasons = [...new Set(problems.map((problem) => problem.message))].join('; ');
  const message = `${source.name}.gz could not be fetched: ${first === undefined ? 'no mirror is known' : reasons}`;
  throw new DownloadError(first?.code ?? 'ERR_DOWNLOAD_UNREACHABLE', message, { cause: first });
}

async function fromMirror(source: SourceFile, url: string, directory: string, options: DownloadOptions): Promise<void> {
  const file = `${source.name}.gz`;
  const part = await PartFile.claim(directory, file, url);
  let finished = false;
  try {
    await fill(source, url, part, options);
    await part.finish(directory, file);
    finished = true;
  } finally {
    if (!finished) await part.release(file, url).catch(() => undefined);
  }
}

async function fill(source: SourceFile, url: string, part: PartFile, options: DownloadOptions): Promise<void> {
  let furthest = part.size;
  let fruitless = 0;
  let resumed = part.size > 0;
  for (;;) {
    try {
      await receive(url, part, {
        maxBytes: source.bytes,
        signal: options.signal,
        stallMs: options.stallMs ?? STALL_MS,
        onBytes: (receivedBytes, totalBytes) =>
          options.onProgress({ file: `${source.name}.gz`, receivedBytes, totalBytes }),
      });
      await verify(source, url, part);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof DownloadError)) throw error;
      if (error.code === 'ERR_DOWNLOAD_CONTENT') {
        await part.clear();
        // The beginning may be from another version of the file, so a resumed download gets one clean try.
        if (!resumed) throw error;
        [resumed, furthest, fruitless] = [false, 0, 0];
        continue;
      }
      if (error.code !== 'ERR_DOWNLOAD_INTERRUPTED' && error.code !== 'ERR_DOWNLOAD_TIMEOUT') throw error;
      fruitless = part.size > furthest ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS_ATTEMPTS) throw error;
      furthest = Math.max(furthest, part.size);
      resumed = part.size > 0;
      await sleep((options.retryDelayMs ?? RETRY_DELAY_MS) * 2 ** fruitless, undefined, { signal: options.signal });
    }
  }
}

async function verify(source: SourceFile, url: string, part: PartFile): Promise<void> {
  let problem: string;
  try {
    const digest = await sha256(await readContent(part.path, source.bytes));
    if (digest === source.sha256) return;
    problem = `SHA-256 ${short(digest)} instead of ${short(source.sha256)}`;
  } catch (error) {
    if (error instanceof IdxError) problem = 'broken gzip data';
    else if (error instanceof DatasetFileError && error.code === 'ERR_DATASET_CHECKSUM') problem = 'too large';
    else throw error;
  }
  throw new DownloadError('ERR_DOWNLOAD_CONTENT', `${new URL(url).host} sent a different file (${problem})`);
}

/** The error for a directory or file that cannot be written. */
export function cannotStore(directory: string, cause: unknown): DownloadError {
  const system = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  const known: Readonly<Record<string, string>> = { ENOSPC: 'the disk is full', EACCES: 'permission denied' };
  // What is in a download's place and cannot be read is named by its own message.
  const reason = cause instanceof DatasetFileError ? cause.message : (known[system] ?? system);
  return new DownloadError('ERR_DOWNLOAD_STORE', `Cannot store data sets in ${directory}: ${reason}`, { cause });
}
