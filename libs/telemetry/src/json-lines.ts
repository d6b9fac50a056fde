import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/** A file of one JSON object a line, with one writer. Each line is written whole before the call returns. */
export class JsonLines {
  readonly #file: number;
  #lines = 0;

  /**
   * Opens the file for appending, making it where it is missing. A last line that a power cut has left incomplete is cut off.
   * @throws the file system's error
   */
  constructor(path: string) {
    this.#file = openSync(path, 'a+');
    this.cut(Infinity);
  }

  /** Lines in the file. */
  get lines(): number {
    return this.#lines;
  }

  /** @throws the file system's error, and the file ends with the line before */
  write(object: object): void {
    const { size } = fstatSync(this.#file);
    try {
      writeFileSync(this.#file, `${JSON.stringify(object)}\n`);
      this.#lines++;
    } catch (error) {
      ftruncateSync(this.#file, size);
      throw error;
    }
  }

  /** Waits until every line is on the disk. @throws the file system's error */
  sync(): void {
    fsyncSync(this.#file);
  }

  /** Leaves the first `most` lines. @throws the file system's error */
  cut(most: number): void {
    const { size } = fstatSync(this.#file);
    const { lines, end } = this.#find(most);
    if (end < size) ftruncateSync(this.#file, end);
    this.#lines = lines;
  }

  /** The first whole lines, `most` of them at most, and where in the file they end. */
  #find(most: number): { lines: number; end: number } {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const found = { lines: 0, end: 0 };
    for (let start = 0, length; (length = readSync(this.#file, chunk, 0, CHUNK_BYTES, start)) > 0; start += length) {
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && at < length; at = chunk.indexOf(NEWLINE, at + 1)) {
        if (found.lines === most) return found;
        found.lines++;
        found.end = start + at + 1;
      }
    }
    return found;
  }

  close(): void {
    closeSync(this.#file);
  }
}
