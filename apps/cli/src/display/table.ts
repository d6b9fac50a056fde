import Table from 'cli-table3';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { widthOf, wrapped } from './output.js';
import { printable } from './printable.js';

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'mid-mid', 'right-mid'].map((part) => [part, '']),
);
const FRAMELESS = {
  ...NO_LINES,
  ...{
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    middle: '  ',
  },
};
/** Between columns. */
const GAP = 2;
const INDENT = '  ';
/** Columns are not made narrower than this: prose can be, names and figures should stay on one line. */
const LEAST_COLUMN = 16;

/**
 * Rows under a heading, in columns as wide as their content; each line ends with a newline. Where they would be wider than the
 * window, the widest columns are broken between words; and where that is not enough, each row is a list of what it has, which
 * begins with its first cell. Whatever goes to a file or another program is as wide as it likes.
 * @param width in columns; that of the terminal on standard output, if there is one
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  width = widthOf(process.stdout),
): string {
  const cells = [heading, ...rows].map((row) => row.map(printable));
  const columns = columnsOf(cells, width);
  const lines = columns === undefined ? listOf(cells, width) : columnar(cells, columns);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** How wide each column is to be; undefined if they do not fit. */
function columnsOf(cells: readonly (readonly string[])[], width: number): number[] | undefined {
  const columns = (cells[0] ?? []).map((_, column) => cells.map((row) => row[column] ?? ''));
  const widths = columns.map((column) => Math.max(...column.map(widest)));
  const least = columns.map((column, place) => {
    const longestWord = Math.max(...column.map((cell) => widest(cell.replaceAll(' ', '\n'))));
    return Math.max(longestWord, Math.min(LEAST_COLUMN, widths[place] ?? 0));
  });
  const total = (): number => widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1));
  while (total() > width) {
    const open = widths.map((each, place) => (each > (least[place] ?? 0) ? each : 0));
    const most = Math.max(...open);
    if (most === 0) return undefined;
    widths[open.indexOf(most)] = most - 1;
  }
  return widths;
}

/** Of the lines of a text. */
function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

function columnar(cells: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const [head = [], ...rows] = cells.map((row) =>
    row.map((cell, place) => (widest(cell) <= (widths[place] ?? 0) ? cell : wrapAnsi(cell, widths[place] ?? 0))),
  );
  const made = new Table({
    head: [...head],
    chars: FRAMELESS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString().split('\n');
}

/** Rows of two cells are a name and a value; others are named by their first cell, and the rest follows with its headings. */
function listOf([heading = [], ...rows]: readonly (readonly string[])[], width: number): string[] {
  const within = (line: string, columns: number): string[] => wrapped(line, columns).split('\n');
  if (heading.length === 2) return rows.flatMap(([name = '', value = '']) => within(`${name}: ${value}`, width));
  const inner = Math.max(1, width - INDENT.length);
  return rows.flatMap(([first = '', ...rest]) => {
    const named = rest.flatMap((cell, place) => {
      const name = heading[place + 1] ?? '';
      return cell === '' ? [] : [name === '' ? cell : `${name}: ${cell}`];
    });
    const about = joined(named, inner).flatMap((line) => within(line, inner));
    return [...(first === '' ? [] : within(first.trim(), width)), ...about.map((line) => `${INDENT}${line}`)];
  });
}

/** As many on each line as it has room for. */
function joined(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = [...lines.slice(-1), part].join('; ');
    if (lines.length > 0 && stringWidth(longer) <= width) lines.pop();
    lines.push(stringWidth(longer) <= width ? longer : part);
  }
  return lines;
}
