import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSecret } from '@layerline/security';

/** How many numbers are held in memory before they are written to the scratch file. */
const PAGE_NUMBERS = 2 ** 15;
const BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * A table of numbers that only its columns are read of. Its newest rows are in memory, as many as make a page; full pages go
 * to a scratch file, column by column. So memory does not grow with the rows, and a column of a long run is read in
 * milliseconds. Where no scratch file can be written, pages stay in memory.
 */
export class Columns {
  #length = 0;
  #revision = 0;
  /** The page that is being filled, by columns. */
  #page: Float64Array | undefined;
  /** Full pages that could not be written, by number. */
  readonly #unwritten = new Map<number, Float64Array>();
  #file: number | undefined;
  readonly #rowsPerPage: number;

  /** @param width columns */
  constructor(
    readonly width: number,
    pageNumbers = PAGE_NUMBERS,
  ) {
    this.#rowsPerPage = Math.max(1, Math.floor(pageNumbers / width));
  }

  /** Rows. */
  get length(): number {
    return this.#length;
  }

  /** Grows whenever rows come or go. */
  get revision(): number {
    return this.#revision;
  }

  /** @param row a number for each column */
  append(row: readonly number[]): void {
    this.#page ??= new Float64Array(this.width * this.#rowsPerPage);
    const at = this.#length % this.#rowsPerPage;
    for (let column = 0; column < this.width; column++) {
      this.#page[column * this.#rowsPerPage + at] = row[column] as number;
    }
    this.#length++;
    this.#revision++;
    if (at + 1 === this.#rowsPerPage) this.#put(Math.floor((this.#length - 1) / this.#rowsPerPage));
  }

  /** Leaves only the first rows. */
  cut(length: number): void {
    if (length >= this.#length) return;
    const page = Math.floor(length / this.#rowsPerPage);
    // A full page that is cut is the one to be filled again.
    if (page < Math.floor(this.#length / this.#rowsPerPage)) {
      this.#page = new Float64Array(this.width * this.#rowsPerPage);
      this.#get(page, 0, this.#page);
    }
    for (const number of this.#unwritten.keys()) if (number >= page) this.#unwritten.delete(number);
    this.#length = length;
    this.#revision++;
  }

  /** All values of a column, in a copy. @param column from 0 */
  read(column: number): Float64Array {
    const values = new Float64Array(this.#length);
    for (let row = 0; row < this.#length; row += this.#rowsPerPage) {
      const part = values.subarray(row, row + this.#rowsPerPage);
      if (row + this.#rowsPerPage <= this.#length) this.#get(row / this.#rowsPerPage, column, part);
      else part.set(this.#page?.subarray(column * this.#rowsPerPage).subarray(0, part.length) ?? []);
    }
    return values;
  }

  /** Frees what it has. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#page = undefined;
    this.#unwritten.clear();
    this.#length = 0;
  }

  /** Puts the page that has been filled away. */
  #put(number: number): void {
    const page = this.#page as Float64Array;
    try {
      this.#file ??= openScratch();
      writeWhole(this.#file, page, number * page.byteLength);
    } catch {
      this.#unwritten.set(number, page);
      this.#page = undefined;
    }
  }

  /** Reads of a full page. @param column where to begin @param into as many numbers as are wanted */
  #get(number: number, column: number, into: Float64Array): void {
    const begin = column * this.#rowsPerPage;
    const kept = this.#unwritten.get(number);
    if (kept !== undefined) return into.set(kept.subarray(begin, begin + into.length));
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    const from = (number * this.width * this.#rowsPerPage + begin) * BYTES;
    for (let read = 0; read < bytes.length;) {
      read += readSync(this.#file as number, bytes, read, bytes.length - read, from + read);
    }
  }
}

/** A file that has no name any more, and goes with its process. */
function openScratch(): number {
  const path = join(tmpdir(), `layerline-${newSecret()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function writeWhole(file: number, numbers: Float64Array, at: number): void {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
  }
}
