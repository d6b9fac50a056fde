import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What a file is to hold, piece by piece. */
export type Content = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Pieces smaller than this are written together, in bytes. */
const PIECE_BYTES = 2 ** 16;

/** A file could not be exported. */
export class ExportError extends Error {
  readonly code = 'ERR_EXPORT';

  constructor(path: string, cause: Error) {
    super(`Cannot write ${path}: ${cause.message}`, { cause });
    this.name = 'ExportError';
  }
}

/**
 * Writes a file, and the folders above it as far as they are missing. It appears whole or not at all, in the place of one
 * that is there. @throws ExportError
 */
export async function writeFile(path: string, content: Content): Promise<void> {
  // TensorBoard must not take it for a file of its own, which it knows by the name.
  const partial = join(dirname(path), `.partial-${process.pid}`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Readable.from(inPieces(content), { objectMode: false }), createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new ExportError(path, error as Error);
  }
}

async function* inPieces(content: Content): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of content) {
    const bytes = Buffer.from(part);
    parts.push(bytes);
    length += bytes.length;
    if (length < PIECE_BYTES) continue;
    yield Buffer.concat(parts);
    [parts, length] = [[], 0];
  }
  yield Buffer.concat(parts);
}
