import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs';

const NEWLINE = 0x0a;
/** For appending. A link in the place of the file is not followed, where the system can tell: not on Windows. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/** A file of one JSON object a line, with one writer. Each line is written whole before the call returns. */
export class JsonLines {
  readonly #file: number;
  #lines: number;
  /** Lines, whole or not, that were cut off when the file was opened. */
  readonly dropped: number;

  /**
   * Opens the file for appending, making it where it is missing, and cuts it back to its last sound line: the first line
   * that is no JSON object, such as a power cut leaves, goes with all that follows it.
   * @throws the file system's error
   */
  constructor(readonly path: string) {
    this.#file = openSync(path, FLAGS);
    try {
      const content = this.#content();
      let [lines, bytes] = [0, 0];
      for (const end of lineEnds(content)) {
        if (!isObject(content.subarray(bytes, end))) break;
        lines++;
        bytes = end;
      }
      if (bytes < content.length) ftruncateSync(this.#file, bytes);
      this.#lines = lines;
      this.dropped = countLines(content.subarray(bytes));
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
      ftruncateSync(this.#file, [0, ...lineEnds(this.#content())][lines]);
      this.#lines = lines;
    }
    this.sync();
    return this.#lines;
  }

  /** Waits until all lines are on the disk. @throws the file system's error */
  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #content(): Buffer {
    const content = Buffer.alloc(fstatSync(this.#file).size);
    let length = 0;
    for (let read = -1; read !== 0; length += read) {
      read = readSync(this.#file, content, length, content.length - length, length);
    }
    return content.subarray(0, length);
  }
}

/** Where each line ends, in bytes, with its newline. What follows the last newline is not a whole line. */
function* lineEnds(content: Buffer): Generator<number> {
  for (let at = content.indexOf(NEWLINE); at >= 0; at = content.indexOf(NEWLINE, at + 1)) yield at + 1;
}

/** Lines, the last of which need not be whole. */
function countLines(content: Buffer): number {
  const ends = [...lineEnds(content)];
  return ends.length + (content.length > (ends.at(-1) ?? 0) ? 1 : 0);
}

function isObject(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
