import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { TensorflowInstallError } from './errors.js';

/** A file in an archive. */
interface Entry {
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Where the entry's own header begins. */
  readonly offset: number;
}

const END = { signature: 0x06054b50, bytes: 22, mostCommentBytes: 0xffff };
const DIRECTORY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads a zip archive, which is what a Python wheel is (PKWARE's APPNOTE 6.3.10, sections 4.3.6 to 4.3.16), as a stream,
 * as TensorFlow's library unpacks to more than half a gigabyte. Sizes from 4 GiB on, which have another form, and
 * encryption are refused.
 */
export class ZipArchive {
  private constructor(
    readonly path: string,
    readonly file: FileHandle,
    readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws TensorflowInstallError when the file is no zip archive, or is damaged */
  static async open(path: string): Promise<ZipArchive> {
    const file = await open(path);
    try {
      return new ZipArchive(path, file, await readDirectory(path, file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Writes an entry to a new file.
   * @throws TensorflowInstallError when there is no such entry, or it is damaged
   * @throws the signal's reason when it is aborted
   */
  async extract(name: string, target: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const entry = this.entries.get(name);
    if (entry === undefined) throw damaged(this.path, `there is no ${name} in it`);
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw damaged(this.path, `${name} is compressed in a way (${entry.method}) that wheels do not use`);
    }
    const start = await this.#contentOf(name, entry);
    const end = start + entry.compressedBytes - 1;
    const content = end < start ? Readable.from([]) : createReadStream(this.path, { start, end });
    const unpacked = entry.method === DEFLATED ? createInflateRaw() : new PassThrough();
    const checked = new Check(entry, () => damaged(this.path, `${name} is not what was packed`));
    const output = createWriteStream(target, { flags: 'wx' });
    try {
      await pipeline(content, unpacked, checked, output, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      // What zlib refuses has a code of zlib's: Z_DATA_ERROR, Z_BUF_ERROR.
      const { code } = error as NodeJS.ErrnoException;
      throw code?.startsWith('Z_') === true ? damaged(this.path, `${name} does not unpack`, error) : error;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Where an entry's content begins: its own header has an extra field that the directory does not tell of. */
  async #contentOf(name: string, { offset }: Entry): Promise<number> {
    const header = await readBytes(this.file, offset, LOCAL.bytes);
    if (header.length < LOCAL.bytes || header.readUInt32LE(0) !== LOCAL.signature) {
      throw damaged(this.path, `${name} is not where its directory says`);
    }
    return offset + LOCAL.bytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  }
}

/** Lets bytes through, and fails at the end where they are not those of the entry. */
class Check extends Transform {
  #crc = 0;
  #bytes = 0;

  constructor(
    readonly entry: Entry,
    readonly failure: () => Error,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#crc = crc32(chunk, this.#crc);
    this.#bytes += chunk.length;
    done(null, chunk);
  }

  override _flush(done: (error?: Error) => void): void {
    const same = this.#crc === this.entry.crc && this.#bytes === this.entry.bytes;
    done(same ? undefined : this.failure());
  }
}

async function readDirectory(path: string, file: FileHandle): Promise<Map<string, Entry>> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END.bytes + END.mostCommentBytes);
  const tail = await readBytes(file, size - tailBytes, tailBytes);
  let at = tail.length - END.bytes;
  while (at >= 0 && tail.readUInt32LE(at) !== END.signature) at--;
  if (at < 0) throw damaged(path, 'its end is missing, as when a download broke off');
  const count = tail.readUInt16LE(at + 10);
  const directory = await readBytes(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  const entries = new Map<string, Entry>();
  for (let position = 0, index = 0; index < count; index++) {
    if (directory.length < position + DIRECTORY.bytes || directory.readUInt32LE(position) !== DIRECTORY.signature) {
      throw damaged(path, 'its directory is not one');
    }
    const nameEnd = position + DIRECTORY.bytes + directory.readUInt16LE(position + 28);
    entries.set(directory.toString('utf8', position + DIRECTORY.bytes, nameEnd), {
      method: directory.readUInt16LE(position + 10),
      crc: directory.readUInt32LE(position + 16),
      compressedBytes: directory.readUInt32LE(position + 20),
      bytes: directory.readUInt32LE(position + 24),
      offset: directory.readUInt32LE(position + 42),
    });
    position = nameEnd + directory.readUInt16LE(position + 30) + directory.readUInt16LE(position + 32);
  }
  return entries;
}

/** @returns as many bytes as there are */
async function readBytes(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.subarray(0, bytesRead);
}

function damaged(path: string, problem: string, cause?: unknown): TensorflowInstallError {
  return new TensorflowInstallError('ERR_INSTALL_LIBRARY_DAMAGED', `${path} is damaged: ${problem}`, { cause });
}
