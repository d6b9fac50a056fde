import type { ReadSettings } from '../dataset.js';
import { DataFormatError } from '../errors.js';

/** What the columns of a table are. */
export interface Columns {
  readonly hasHeader: boolean;
  readonly width: number;
  /** Places of the columns, from 0. */
  readonly label: number;
  readonly features: readonly number[];
  /** A column in the words of a message. */
  readonly nameOf: (column: number) => string;
}

/** What people call the column with the classes. */
const LABEL_NAMES = ['label', 'labels', 'class', 'target', 'y', 'species', 'category'];

/**
 * Tells the columns of a table apart by its first lines. The labels are in the column that is named or, where none is, in one
 * that is called so, in the only one with words, or in the last one.
 * @throws DataFormatError where there are no two columns, or the column that is named is not there
 */
export function chooseColumns(lines: readonly string[][], file: string, settings: ReadSettings): Columns {
  const [first, ...rest] = lines;
  if (first === undefined) throw new DataFormatError(file, undefined, 'is empty');
  if (first.length < 2) {
    throw new DataFormatError(file, 1, 'has one column: one for the labels and one with numbers are the least');
  }
  const hasHeader = settings.header ?? looksLikeHeader(first, rest);
  const names = hasHeader ? first : undefined;
  const body = hasHeader ? rest : lines;
  const label = labelColumn(first, names, body, file, settings);
  return {
    hasHeader,
    width: first.length,
    label,
    features: [...first.keys()].filter((column) => column !== label),
    nameOf: (column) => `column ${column + 1}${names === undefined ? '' : ` (${names[column]})`}`,
  };
}

function labelColumn(
  first: readonly string[],
  names: readonly string[] | undefined,
  body: readonly string[][],
  file: string,
  { labelColumn: wanted }: ReadSettings,
): number {
  if (wanted !== undefined) {
    const named = names?.indexOf(wanted) ?? -1;
    if (named >= 0) return named;
    const position = Number(wanted);
    const column = position > 0 ? position - 1 : first.length + position;
    if (Number.isInteger(position) && position !== 0 && column >= 0 && column < first.length) return column;
    const choice = names === undefined ? `has columns 1 to ${first.length}, without names` : `has ${names.join(', ')}`;
    throw new DataFormatError(file, undefined, `has no column ${JSON.stringify(wanted)}: it ${choice.slice(0, 300)}`);
  }
  const called = names?.findIndex((name) => LABEL_NAMES.includes(name.toLowerCase())) ?? -1;
  if (called >= 0) return called;
  const words = [...first.keys()].filter((column) => body.some((cells) => isWord(cells[column])));
  return words.length === 1 ? (words[0] as number) : first.length - 1;
}

/** Names stand above numbers: all of the first line are words, and a column has none below it. */
function looksLikeHeader(first: readonly string[], rest: readonly string[][]): boolean {
  if (!first.every(isWord)) return false;
  return first.some((_, column) => rest.every((cells) => !isWord(cells[column])));
}

/** What people write where a number is missing. */
const MISSING = new Set(['', '?', 'na', 'n/a', 'nan', 'null', 'none']);

/** Whether a cell stands for a number or a label that is not there. */
export function isMissing(text: string): boolean {
  return MISSING.has(text.toLowerCase());
}

function isWord(text: string | undefined): boolean {
  return text !== undefined && !isMissing(text) && Number.isNaN(Number(text));
}
