import t from 'tap';
import { Columns } from '../src/record/columns.js';

const WIDTH = 3;
/** So small that a few rows make many pages: of four rows each. */
const PAGE_NUMBERS = 12;

const rowOf = (row: number): number[] => [row, row + 0.5, -row];

function filled(rows: number): Columns {
  const columns = new Columns(WIDTH, PAGE_NUMBERS);
  for (let row = 0; row < rows; row++) columns.append(rowOf(row));
  return columns;
}

/** Reads all columns, row by row. */
function rowsOf(columns: Columns): number[][] {
  const read = Array.from({ length: WIDTH }, (_, column) => columns.read(column));
  return Array.from({ length: columns.length }, (_, row) => read.map((values) => values[row] as number));
}

const expected = (rows: number): number[][] => Array.from({ length: rows }, (_, row) => rowOf(row));

t.test('columns are read as rows were appended, whether pages are full or not', (t) => {
  for (let rows = 0; rows < 14; rows++) {
    const columns = filled(rows);
    t.equal(columns.length, rows);
    t.same(rowsOf(columns), expected(rows));
    columns.close();
    t.same(rowsOf(columns), []);
  }
  t.end();
});

t.test('rows can be cut anywhere, and others appended there', (t) => {
  for (let left = 0; left <= 13; left++) {
    const columns = filled(13);
    columns.cut(left);
    t.same(rowsOf(columns), expected(left), `${left} left`);
    for (let row = left; row < 20; row++) columns.append(rowOf(row + 100));
    t.same(rowsOf(columns), [...expected(left), ...expected(120).slice(left + 100)], `${left} left, and more`);
    columns.close();
  }
  t.end();
});

t.test('without a place for a scratch file, all stays in memory', (t) => {
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = '/nowhere/at/all';
  t.teardown(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  });
  const columns = filled(13);
  t.same(rowsOf(columns), expected(13));
  columns.cut(6);
  columns.append(rowOf(50));
  t.same(rowsOf(columns), [...expected(6), rowOf(50)]);
  columns.cut(4);
  t.same(rowsOf(columns), expected(4));
  t.end();
});
