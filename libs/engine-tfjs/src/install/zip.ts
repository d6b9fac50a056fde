import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { TensorflowInstallError } from './errors.js';

/** Of one file, unpacked: several times what TensorFlow's library takes. */
const MAX_FILE_BYTES = 2 ** 31;

/**
 * A zip archive, which is what a Python wheel is. Files are unpacked as streams, one by one, as TensorFlow's library takes
 * more than half a gigabyte. An archive with a name that leads out of the folder it is unpacked into is refused (yauzl).
 */
export class ZipArchive {
  private constructor(
    readonly path: string,
    readonly zip: ZipFile,
    readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws TensorflowInstallError when the file is not a zip archive, or is damaged */
  static async open(path: string): Promise<ZipArchive> {
    let zip: ZipFile | undefined;
    try {
      zip = await openPromise(path, { autoClose: false });
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new ZipArchive(path, zip, entries);
    } catch (error) {
      zip?.close();
      throw isSystemError(error) ? error : damaged(path, `its directory cannot be read (${messageOf(error)})`, error);
    }
  }

  /**
   * Writes an entry to a new file.
   * @throws TensorflowInstallError when there is no such entry, or it is damaged or too large
   * @throws the signal's reason when it is aborted
   */
  async extract(name: string, target: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const entry = this.entries.get(name);
    if (entry === undefined) throw damaged(this.path, `${name} is missing from it`);
    if (entry.uncompressedSize > MAX_FILE_BYTES) throw damaged(this.path, `${name} claims to take more than 2 GiB`);
    try {
      const content = await this.zip.openReadStreamPromise(entry);
      const output = createWriteStream(target, { flags: 'wx' });
      await pipeline(content, checkCrc(entry), output, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw isSystemError(error) ? error : damaged(this.path, `${name} does not unpack (${messageOf(error)})`, error);
    }
  }

  async close(): Promise<void> {
    const closed = once(this.zip, 'close');
    this.zip.close();
    await closed;
  }
}

/** Passes an entry's bytes on, and fails at the end unless they are those that were packed. yauzl checks their number only. */
function checkCrc(entry: Entry): Transform {
  let crc = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush(done) {
      done(crc === entry.crc32 ? null : new Error('wrong CRC-32'));
    },
  });
}

/** Whether the operating system refused something: then it is not the archive that is at fault. */
function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}

function messageOf(error: unknown): string {
  return (error as Error).message.replace(/\.$/, '');
}

function damaged(path: string, problem: string, cause?: unknown): TensorflowInstallError {
  const message = `${path} is damaged: ${problem}; fetch it again`;
  return new TensorflowInstallError('ERR_INSTALL_LIBRARY_DAMAGED', message, { cause });
}
