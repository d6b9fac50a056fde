import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { isAlive } from '@layerline/process';
import { systemCode } from './errors.js';

/**
 * A download under way: `<file>.<mirror>.<host>.<pid>.<unique>.part`. Every process writes to a part of its own, so
 * downloads of the same file never mix. A later process takes over, by an atomic rename, a part whose process is gone,
 * and resumes where it ended; only with the same mirror, because mirrors may compress differently.
 */
const NAME = /^(?<file>.+)\.(?<mirror>[0-9a-f]{8})\.(?<host>[0-9a-f]{8})\.(?<pid>\d+)\.[0-9a-f-]{36}\.part$/;
/** The pid in the name of a part that its process has released. */
const NOBODY = 0;
/** A part that was not written to for this long has no living process, whatever its name says. */
const ABANDONED_AFTER_MS = 10 * 60_000;

const HOST = tag(hostname());

export class PartFile {
  /** Bytes written so far. */
  size: number;
  /** The ETag under which these bytes came, if known. */
  etag: string | undefined;

  private constructor(
    readonly path: string,
    size: number,
    readonly handle: FileHandle,
  ) {
    this.size = size;
  }

  /** Takes over the largest abandoned part of a download, or starts an empty one. */
  static async claim(directory: string, file: string, url: string): Promise<PartFile> {
    const path = join(directory, partName(file, url, process.pid));
    const left = (await abandoned(directory, file)).filter((part) => part.mirror === tag(url));
    for (const part of left.sort((a, b) => b.size - a.size)) {
      try {
        await rename(part.path, path);
        return new PartFile(path, part.size, await open(path, 'r+'));
      } catch (error) {
        // Another process was faster.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    return new PartFile(path, 0, await open(path, 'wx+'));
  }

  async append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  async clear(): Promise<void> {
    await this.handle.truncate(0);
    this.size = 0;
    this.etag = undefined;
  }

  /** Leaves the part for the next attempt. */
  async release(file: string, url: string): Promise<void> {
    await this.handle.close();
    if (this.size === 0) await rm(this.path, { force: true });
    else await rename(this.path, join(this.path, '..', partName(file, url, NOBODY)));
  }

  /** Makes the part the file itself, durably and at once, and removes what other attempts left. */
  async finish(directory: string, file: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await rename(this.path, join(directory, file));
    for (const part of await abandoned(directory, file)) await rm(part.path, { force: true });
  }
}

function partName(file: string, url: string, pid: number): string {
  return `${file}.${tag(url)}.${HOST}.${pid}.${randomUUID()}.part`;
}

function tag(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

async function abandoned(directory: string, file: string): Promise<{ path: string; mirror: string; size: number }[]> {
  const parts = [];
  for (const entry of await readdir(directory)) {
    const fields = NAME.exec(entry)?.groups;
    if (fields === undefined || fields['file'] !== file) continue;
    const path = join(directory, entry);
    const about = await stat(path).catch(() => undefined);
    // A pipe or a folder of such a name is nobody's download.
    if (about?.isFile() !== true) continue;
    const pid = Number(fields['pid']);
    const dead = fields['host'] === HOST && pid !== NOBODY && !isAlive(pid);
    if (dead || pid === NOBODY || Date.now() - about.mtimeMs > ABANDONED_AFTER_MS) {
      parts.push({ path, mirror: fields['mirror'] as string, size: about.size });
    }
  }
  return parts;
}
