import { closeSync, openSync, writeSync } from 'node:fs';

/** A file of one JSON object a line. Each line is written whole before the call returns. */
export class JsonLines {
  readonly #file: number;

  /** Opens the file for appending, making it where it is missing. @throws the file system's error */
  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(object: object): void {
    writeSync(this.#file, `${JSON.stringify(object)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}
