import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { isCompressedFile, unreadable } from '../content.js';
import type { ReadSettings } from '../dataset.js';
import { DataFormatError, systemCode } from '../errors.js';
import type { Format, RawData } from './format.js';
import { chooseColumns, isMissing } from './csv-columns.js';
import type { Columns } from './csv-columns.js';
import { LabelIndex } from './label-index.js';
import { RowBuffer } from './row-buffer.js';

const NAME = /\.(?<kind>csv|tsv|tab)(?:\.gz)?$/i;
/** Lines by which columns are told apart. */
const SAMPLE = 100;
/** A table of bytes in so many columns is one of square pictures, as Kaggle has MNIST. */
const LEAST_PICTURE = 64;
const BRIGHT = 128;

/** A table with a column of labels. */
export const csv: Format = {
  name: 'csv',
  summary: 'a table: .csv or .tsv, plain or .gz, with a column of labels, and numbers in all others',
  recognizes: async ({ path, entries }) => entries === undefined && NAME.test(path),
  files: async ({ path }) => [path],
  read: async ({ path }, settings) => {
    const reader = new TableReader(path, settings);
    const sample: string[][] = [];
    for await (const cells of linesOf(path)) {
      if (reader.isReady) {
        reader.add(cells);
        continue;
      }
      sample.push(cells);
      if (sample.length === SAMPLE) reader.begin(sample);
    }
    if (!reader.isReady) reader.begin(sample);
    return reader.data;
  },
};

async function* linesOf(path: string): AsyncGenerator<string[]> {
  const delimiter = NAME.exec(path)?.groups?.['kind']?.toLowerCase() === 'csv' ? [',', ';'] : '\t';
  // Lines of other lengths are for us to refuse, in our words.
  const lines = parse({ delimiter, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  const isCompressed = await isCompressedFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const file = createReadStream(path);
  const stages = isCompressed ? [file, createGunzip(), lines] : [file, lines];
  pipeline(stages, () => undefined);
  try {
    for await (const cells of lines) yield cells as string[];
  } catch (error) {
    if (error instanceof CsvError) throw new DataFormatError(path, error['lines'] as number, error.message);
    const code = systemCode(error);
    if (code?.startsWith('Z_') === true)
      throw new DataFormatError(path, undefined, 'is broken gzip data: fetch it again');
    throw code === undefined ? error : unreadable(path, error);
  }
}

/** Puts a table together, line by line. */
class TableReader {
  readonly #labels: LabelIndex;
  #columns: Columns | undefined;
  #rows: RowBuffer | undefined;
  #line = 0;
  /** Whether all numbers so far are whole ones from 0 to 255, and the largest of all. */
  #areBytes = true;
  #most = -Infinity;

  constructor(
    readonly path: string,
    readonly settings: ReadSettings,
  ) {
    this.#labels = new LabelIndex(path);
  }

  get isReady(): boolean {
    return this.#columns !== undefined;
  }

  /** Takes the first lines. @throws DataFormatError where there is nothing to learn from */
  begin(lines: readonly string[][]): void {
    const columns = chooseColumns(lines, this.path, this.settings);
    this.#columns = columns;
    this.#rows = new RowBuffer(columns.features.length);
    this.#line = columns.hasHeader ? 1 : 0;
    for (const cells of lines.slice(this.#line)) this.add(cells);
  }

  /** @throws DataFormatError for a line that is not like the others */
  add(cells: readonly string[]): void {
    const { label, features, width, nameOf } = this.#columns as Columns;
    const line = ++this.#line;
    if (cells.length !== width) {
      throw new DataFormatError(this.path, line, `has ${cells.length} columns, and the lines before it ${width}`);
    }
    const name = cells[label] as string;
    if (isMissing(name)) throw new DataFormatError(this.path, line, `has no label in ${nameOf(label)}`);
    this.#labels.add(name);
    const row = (this.#rows as RowBuffer).next();
    features.forEach((column, place) => {
      const text = cells[column] as string;
      const value = text === '' ? NaN : Number(text);
      if (!Number.isFinite(value)) throw this.#notNumber(text, line, nameOf(column));
      row[place] = value;
      this.#areBytes &&= Number.isInteger(value) && value >= 0 && value <= 255;
      this.#most = Math.max(this.#most, value);
    });
  }

  get data(): RawData {
    const { features } = this.#columns as Columns;
    const { values, count } = this.#rows as RowBuffer;
    if (count === 0) throw new DataFormatError(this.path, undefined, 'has no rows');
    const side = Math.sqrt(features.length);
    const isPicture =
      this.#areBytes && this.#most >= BRIGHT && Number.isInteger(side) && features.length >= LEAST_PICTURE;
    return {
      kind: isPicture ? 'images' : 'table',
      height: isPicture ? side : 1,
      width: isPicture ? side : features.length,
      channels: 1,
      train: { values: isPicture ? Uint8Array.from(values) : values, labels: this.#labels.labels, count },
      test: undefined,
    };
  }

  #notNumber(text: string, line: number, column: string): DataFormatError {
    const problem = isMissing(text)
      ? `has no number in ${column}: fill in missing values or leave the row out`
      : `has ${JSON.stringify(text.slice(0, 40))} in ${column}, where a number is needed: turn words into numbers, or name ` +
        'the column with the labels by --label-column';
    return new DataFormatError(this.path, line, problem);
  }
}
