import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { fileLines, jsonObject, PIECE_BYTES } from './file-lines.js';

const NEWLINE = 0x0a;
/** For appending. A link in the place of the file is not followed, where the system can tell: not on Windows. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/** How a file is opened. */
export interface OpenOptions {
  /** Is given each line that is there. @param offset where it begins, in bytes */
  readonly visit?: (object: object, offset: number) => void;
  /** Bytes that are read at once. */
  readonly pieceBytes?: number;
}

/** A file of one JSON object a line, with one writer. Each line is written whole before the call returns. */
export class JsonLines {
  #file: number;
  #lines: number;

  private constructor(
    readonly path: string,
    file: number,
    lines: number,
    /** Lines, whole or not, that were cut off when the file was opened. */
    readonly dropped: number,
    readonly pieceBytes: number,
  ) {
    this.#file = file;
    this.#lines = lines;
  }

  /**
   * Opens the file for appending, making it where it is missing, and cuts it back to its last sound line: the first line
   * that is no JSON object, such as a power cut leaves, goes with all that follows it.
   * @throws the file system's error
   */
  static async open(path: string, { visit, pieceBytes = PIECE_BYTES }: OpenOptions = {}): Promise<JsonLines> {
    const file = openSync(path, FLAGS);
    try {
      let [lines, end, dropped] = [0, 0, 0];
      for await (const { bytes, offset, whole } of fileLines(file, { pieceBytes })) {
        const object = dropped === 0 && whole ? jsonObject(bytes) : undefined;
        if (object === undefined) {
          dropped++;
          continue;
        }
        visit?.(object, offset);
        lines++;
        end = offset + bytes.length + 1;
      }
      if (dropped > 0) ftruncateSync(file, end);
      return new JsonLines(path, file, lines, dropped, pieceBytes);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Lines in the file. */
  get lines(): number {
    return this.#lines;
  }

  /** @returns where the line begins, in bytes @throws the file system's error, and the file ends with the line before */
  write(object: object): number {
    const { size } = fstatSync(this.#file);
    try {
      writeFileSync(this.#file, `${JSON.stringify(object)}\n`);
    } catch (error) {
      ftruncateSync(this.#file, size);
      throw error;
    }
    this.#lines++;
    return size;
  }

  /**
   * Cuts the file back to its first lines, on the disk when the call returns. One that has no more than these stays as it
   * is.
   * @param lines a whole number ≥ 0
   * @returns the lines that are there now
   * @throws RangeError for another number, or the file system's error
   */
  cut(lines: number): number {
    if (!Number.isInteger(lines) || lines < 0)
      throw new RangeError(`${this.path} cannot be cut back to ${lines} lines`);
    if (lines < this.#lines) {
      ftruncateSync(this.#file, this.#beginOfLast(this.#lines - lines));
      this.#lines = lines;
    }
    this.sync();
    return this.#lines;
  }

  /** Gives the file another name, and goes on with an empty one under its own. @throws the file system's error */
  moveTo(path: string): void {
    renameSync(this.path, path);
    const file = openSync(this.path, FLAGS);
    closeSync(this.#file);
    this.#file = file;
    this.#lines = 0;
  }

  /** Waits until all lines are on the disk. @throws the file system's error */
  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Where the last `lines` lines begin, in bytes. Looked for from the end, as a rewind rarely reaches back far. */
  #beginOfLast(lines: number): number {
    const buffer = Buffer.alloc(this.pieceBytes);
    // Each line ends with a newline, and begins behind that of the line before.
    let newlines = lines + 1;
    for (let end = fstatSync(this.#file).size; end > 0;) {
      const length = Math.min(end, buffer.length);
      const piece = buffer.subarray(0, readWhole(this.#file, buffer.subarray(0, length), end - length));
      for (let at = piece.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : piece.lastIndexOf(NEWLINE, at - 1)) {
        newlines--;
        if (newlines === 0) return end - length + at + 1;
      }
      end -= length;
    }
    return 0;
  }
}

/** Fills a buffer from a place in a file. @returns the bytes read, fewer only where the file ends */
function readWhole(file: number, buffer: Buffer, from: number): number {
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = readSync(file, buffer, length, buffer.length - length, from + length);
  }
  return length;
}
