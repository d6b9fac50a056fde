const FIRST_ROWS = 1024;

/** Rows of numbers, of which it is not known beforehand how many come. */
export class RowBuffer {
  #data: Float32Array<ArrayBuffer>;
  #count = 0;

  constructor(readonly width: number) {
    this.#data = new Float32Array(FIRST_ROWS * width);
  }

  get count(): number {
    return this.#count;
  }

  /** All rows, row after row. */
  get values(): Float32Array {
    return this.#data.slice(0, this.#count * this.width);
  }

  /** A new row, to be filled in before the next one. */
  next(): Float32Array {
    const start = this.#count * this.width;
    if (start === this.#data.length) {
      const larger = new Float32Array(Math.ceil(1.5 * this.#count) * this.width);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#count++;
    return this.#data.subarray(start, start + this.width);
  }
}
