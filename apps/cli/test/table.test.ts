import t from 'tap';
import { table } from '../src/display/table.js';

const HEADING = ['run', 'state', 'what it is', 'test error'];
const ROWS = [
  ['2026-01-01T00-00-00-0000', 'completed', 'pictures of clothes in ten classes', '3.99 %'],
  ['2026-01-02T00-00-00-0000', 'died', '', ''],
];
const textOf = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');

t.test('columns are as wide as their content where there is room', async (t) => {
  const whole = textOf(
    'run                       state      what it is                          test error',
    '2026-01-01T00-00-00-0000  completed  pictures of clothes in ten classes  3.99 %',
    '2026-01-02T00-00-00-0000  died',
  );
  t.equal(table(HEADING, ROWS), whole, 'in a pipe');
  t.equal(table(HEADING, ROWS, 83), whole);
});

t.test('in a narrower window, prose is broken between words, and names and figures are not', async (t) => {
  t.equal(
    table(HEADING, ROWS, 79),
    textOf(
      'run                       state      what it is                  test error',
      '2026-01-01T00-00-00-0000  completed  pictures of clothes in ten  3.99 %',
      '                                     classes',
      '2026-01-02T00-00-00-0000  died',
    ),
  );
});

t.test('where columns do not fit, a row is a list of what it has', async (t) => {
  t.equal(
    table(HEADING, ROWS, 59),
    textOf(
      '2026-01-01T00-00-00-0000',
      '  state: completed',
      '  what it is: pictures of clothes in ten classes',
      '  test error: 3.99 %',
      '2026-01-02T00-00-00-0000',
      '  state: died',
    ),
  );
  t.equal(
    table(HEADING, ROWS.slice(0, 1), 39),
    textOf(
      '2026-01-01T00-00-00-0000',
      '  state: completed',
      '  what it is: pictures of clothes in',
      '  ten classes',
      '  test error: 3.99 %',
    ),
  );
  const rows = [
    ['* onnx', '12.3', 'works'],
    ['', '45.6', 'no'],
  ];
  t.equal(table(['  engine', 'ms', ''], rows, 16), textOf('* onnx', '  ms: 12.3', '  works', '  ms: 45.6; no'));
});

t.test('a list of names and values stays one, and a long word stays whole', async (t) => {
  const rows = [
    ['state', 'completed'],
    ['weights', '0'.repeat(64)],
  ];
  t.equal(table(['what', 'value'], rows, 60), textOf('state: completed', 'weights:', '0'.repeat(64)));
});

t.test('wide characters take the columns that they have, and controls are spelt out', async (t) => {
  t.equal(
    table(
      ['name', 'n'],
      [
        ['數字', '1'],
        ['a\x1b', '2'],
      ],
    ),
    textOf('name   n', '數字   1', 'a\\x1b  2'),
  );
});
