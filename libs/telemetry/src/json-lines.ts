import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A file of one JSON object a line, with one writer. Each line is written whole before the call returns. */
export class JsonLines {
  readonly #file: number;
  #lines: number;

  /**
   * Opens the file for appending, making it where it is missing. A last line that is not whole, as a power cut may leave
   * it, is cut off.
   * @throws the file system's error
   */
  constructor(readonly path: string) {
    this.#file = openSync(path, 'a+');
    try {
      const { lines, bytes } = this.#measure(Infinity);
      if (bytes < fstatSync(this.#file).size) ftruncateSync(this.#file, bytes);
      this.#lines = lines;
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
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
    } catch (error) {
      ftruncateSync(this.#file, size);
      throw error;
    }
    this.#lines++;
  }

  /**
   * Cuts the file back to its first lines, on the disk when the call returns.
   * @param lines 0 … {@link lines}
   * @throws RangeError when the file has fewer, or the file system's error
   */
  cut(lines: number): void {
    if (!Number.isInteger(lines) || lines < 0 || lines > this.#lines) {
      throw new RangeError(`${this.path} has ${this.#lines} lines: it cannot be cut back to ${lines}`);
    }
    ftruncateSync(this.#file, this.#measure(lines).bytes);
    this.#lines = lines;
    this.sync();
  }

  /** Waits until all lines are on the disk. @throws the file system's error */
  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Counts the file's whole lines, up to a number, and the bytes that they take. */
  #measure(most: number): { readonly lines: number; readonly bytes: number } {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let [lines, bytes] = [0, 0];
    for (let start = 0, read = 0; lines < most; start += read) {
      read = readSync(this.#file, chunk, 0, CHUNK_BYTES, start);
      if (read === 0) break;
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && at < read && lines < most; at = chunk.indexOf(NEWLINE, at + 1)) {
        lines++;
        bytes = start + at + 1;
      }
    }
    return { lines, bytes };
  }
}
