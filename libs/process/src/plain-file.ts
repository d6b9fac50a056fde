import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { constants, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** What has the name of a file is no plain file. */
export class NotPlainError extends Error {
  readonly code = 'ERR_FILE_NOT_PLAIN';

  constructor(is: string) {
    super(`it is ${is}, not a plain file`);
    this.name = 'NotPlainError';
  }
}

/** A file has more bytes than whoever reads it can do with. */
export class FileTooLargeError extends Error {
  readonly code = 'ERR_FILE_TOO_LARGE';

  constructor(most: number) {
    super(`it holds more than ${most} bytes`);
    this.name = 'FileTooLargeError';
  }
}

/** What something in a file system is that is no file with an end, to go after "it is"; undefined for a plain file. */
function otherThanPlain(stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/**
 * For opening what was a plain file a moment ago: if it has become a pipe since, that does not wait for somebody to write.
 * Windows has neither the flag nor such files.
 */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a plain file. Nothing else is even opened: a pipe would wait for ever, a device may have no end, or act.
 * @param most bytes that it may have; no more is read, whatever the file system says of its size
 * @throws {NotPlainError} for anything but a plain file
 * @throws {FileTooLargeError} for a larger one
 * @throws NodeJS.ErrnoException as the system does
 */
export async function readPlainFile(path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const other = otherThanPlain(await stat(path));
  if (other !== undefined) throw new NotPlainError(other);
  const handle = await open(path, READ_WITHOUT_WAITING);
  try {
    return await readAll(handle, most);
  } finally {
    await handle.close();
  }
}

/**
 * Like {@link readPlainFile}, for small files: takes as much memory as the limit, and blocks.
 * @returns what it holds, and the state of that same file, whatever has its name by now
 * @throws as {@link readPlainFile}
 */
export function readPlainFileSync(path: string, most: number): { readonly bytes: Buffer; readonly stats: Stats } {
  const other = otherThanPlain(statSync(path));
  if (other !== undefined) throw new NotPlainError(other);
  const file = openSync(path, READ_WITHOUT_WAITING);
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let read = 1; read > 0 && length <= most; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    if (length > most) throw new FileTooLargeError(most);
    return { bytes: bytes.subarray(0, length), stats: fstatSync(file) };
  } finally {
    closeSync(file);
  }
}

async function readAll(handle: FileHandle, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await handle.stat();
  if (size > most) throw new FileTooLargeError(most);
  // A byte more than it says: a file that grows meanwhile is noticed. What /proc holds says 0, and is read in steps.
  let content = new Uint8Array(Math.min(size, most) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(content, length, content.length - length, length);
    if (bytesRead === 0) return content.subarray(0, length);
    length += bytesRead;
    if (length > most) throw new FileTooLargeError(most);
    if (length === content.length) content = grown(content, Math.min(2 * length, most + 1));
  }
}

function grown(content: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(content);
  return larger;
}
