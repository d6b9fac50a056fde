import { webcrypto } from 'node:crypto';
import { lstat, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DatasetFileError, IdxError, systemCode } from './errors.js';
import { FileTooLargeError, NotPlainError, readPlainFile } from '@layerline/process';

/** What a file may hold beyond its published size before reading stops: room to say precisely what is wrong with it. */
export const SLACK = 1 << 20;
/** Files that nothing is known about are read up to this size: more does not fit into one array of bytes on all machines. */
const MOST_BYTES = 2 ** 32;
/** Chunks in which content of unknown size is inflated. */
const CHUNK_BYTES = 1 << 20;
/**
 * zlib's smallest chunk. With room for the whole content in one chunk, it is inflated in one go, with nothing to join.
 */
const MIN_CHUNK_BYTES = 64;
/** How often a file may be compressed: `.gz.gz` is what a server makes of a `.gz`. */
const MOST_TIMES = 3;
const LESS_THAN = 0x3c;

const inflate = promisify(gunzip);

/**
 * Reads a file and inflates it if it is compressed, whatever its name says, and again if a server or a browser compressed what
 * was compressed already. All of it runs on the thread pool.
 * @param expected bytes of the uncompressed content, to reserve memory at once and to bound it, where they are known
 * @throws {DatasetFileError} when it cannot be read or is far larger than `expected`
 * @throws {IdxError} when it is broken gzip, or a web page in place of it
 */
export async function readContent(path: string, expected?: number): Promise<Uint8Array<ArrayBuffer>> {
  const most = expected === undefined ? MOST_BYTES : expected + SLACK;
  let content = await readBounded(path, most);
  // A browser may have inflated a file and kept its name. What begins like this is what a server sent in place of one.
  if (path.toLowerCase().endsWith('.gz') && content[0] === LESS_THAN) {
    throw new IdxError(
      'ERR_IDX_GZIP',
      path,
      'not gzip data, although its name says so, but a web page: fetch it again',
    );
  }
  for (let times = 0; isCompressed(content); times++) {
    if (times === MOST_TIMES) throw new IdxError('ERR_IDX_GZIP', path, 'compressed again and again: fetch it again');
    content = await inflated(content, path, most, expected ?? CHUNK_BYTES);
  }
  return content;
}

/**
 * Whether a file is compressed, whatever its name says.
 * @throws NodeJS.ErrnoException as the system does
 */
export async function isCompressedFile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    return isCompressed(buffer);
  } finally {
    await file.close();
  }
}

function isCompressed(content: Uint8Array): boolean {
  return content[0] === 0x1f && content[1] === 0x8b;
}

async function inflated(
  content: Uint8Array,
  path: string,
  most: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return bare(await inflate(content, { chunkSize: Math.max(size, MIN_CHUNK_BYTES), maxOutputLength: most }));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, most);
    if (code?.startsWith('Z_') !== true) throw error;
    throw new IdxError('ERR_IDX_GZIP', path, `broken gzip data (${(error as Error).message}): fetch it again`);
  }
}

/** The same memory as a plain array: a Buffer's `slice` shares memory, whereas an array's copies it. */
function bare(buffer: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** SHA-256 in hexadecimal, on the thread pool. */
export async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', content)).toString('hex');
}

/** Enough of a checksum to compare by eye. */
export function short(digest: string): string {
  return `${digest.slice(0, 12)}…`;
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, maxBytes);
  } catch (error) {
    if (error instanceof FileTooLargeError) throw tooLarge(path, maxBytes);
    const leadsNowhere = systemCode(error) === 'ENOENT' && (await isLink(path));
    throw unreadable(path, leadsNowhere ? new NotPlainError('a link that leads nowhere') : error);
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (about) => about.isSymbolicLink(),
    () => false,
  );
}

/** The error for a file that has more bytes than the published one can have. */
export function tooLarge(path: string, maxBytes: number): DatasetFileError {
  return new DatasetFileError(
    'ERR_DATASET_CHECKSUM',
    `${path} holds more than ${maxBytes} bytes: it is not the published file`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'it is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
};

/** The error for a file or directory that the system refuses to open. */
export function unreadable(path: string, cause: unknown): DatasetFileError {
  return new DatasetFileError('ERR_DATASET_UNREADABLE', `Cannot read ${path}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof NotPlainError) return cause.message;
  const system = systemCode(cause);
  return (system === undefined ? undefined : REASONS[system]) ?? system ?? String(cause);
}
