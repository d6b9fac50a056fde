import { closeSync, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';

/** A file of one JSON object a line, with one writer. Each line is written whole before the call returns. */
export class JsonLines {
  readonly #file: number;

  /** Opens the file for appending, making it where it is missing. @throws the file system's error */
  constructor(path: string) {
    this.#file = openSync(path, 'a');
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
  }

  close(): void {
    closeSync(this.#file);
  }
}
