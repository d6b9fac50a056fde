import { MAX_CLASSES } from '../dataset.js';
import { DataFormatError } from '../errors.js';
import type { Labels } from './format.js';

/** Numbers the labels of a file in the order in which they come. */
export class LabelIndex {
  readonly #places = new Map<string, number>();
  #rows = new Uint8Array(1024);
  #count = 0;

  /** @param file for messages */
  constructor(readonly file: string) {}

  /** @throws DataFormatError when there are more classes than can be told apart */
  add(name: string): void {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#places.size;
      if (place === MAX_CLASSES) {
        const problem = `has more than ${MAX_CLASSES} different labels, such as ${JSON.stringify(name)}`;
        throw new DataFormatError(this.file, this.#count + 1, `${problem}: is this the column with the classes?`);
      }
      this.#places.set(name, place);
    }
    if (this.#count === this.#rows.length) this.#rows = grown(this.#rows);
    this.#rows[this.#count++] = place;
  }

  get labels(): Labels {
    return { names: [...this.#places.keys()], ofRow: this.#rows.slice(0, this.#count) };
  }
}

function grown(rows: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(2 * rows.length);
  twice.set(rows);
  return twice;
}
