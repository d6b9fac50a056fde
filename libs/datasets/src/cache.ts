import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { ReadSettings } from './dataset.js';
import type { Content } from './content-hash.js';

/** Raised when what is kept changes its form. */
const VERSION = 1;

/** What a cached data set goes by: its files with their sizes and times, and how they are read. */
export async function cacheKey(files: readonly string[], settings: ReadSettings): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, settings]));
  for (const file of files) {
    const { size, mtimeMs } = await stat(file);
    hash.update(JSON.stringify([file, size, mtimeMs]));
  }
  return hash.digest('hex');
}

/** What was kept under a key; undefined where nothing is that can be read. */
export async function readCache(directory: string, key: string): Promise<Content | undefined> {
  try {
    const [checksum, bytes] = deserialize(await readFile(fileOf(directory, key))) as [string, Uint8Array];
    return sha256(bytes) === checksum ? (deserialize(bytes) as Content) : undefined;
  } catch {
    // Not there, or not whole: it is made anew.
    return undefined;
  }
}

/** Keeps a data set. A cache that cannot be written is done without. */
export async function writeCache(directory: string, key: string, content: Content): Promise<void> {
  const file = fileOf(directory, key);
  const part = `${file}.${process.pid}.part`;
  try {
    const bytes = serialize(content);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(part, serialize([sha256(bytes), bytes]));
    await rename(part, file);
  } catch {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

function fileOf(directory: string, key: string): string {
  return join(directory, 'opened', key);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
