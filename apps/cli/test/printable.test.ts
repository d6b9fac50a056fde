import { PassThrough } from 'node:stream';
import t from 'tap';
import { printLine } from '../src/display/print-line.js';
import { printable, printableLine } from '../src/display/printable.js';

t.test('controls and changes of direction are spelt out, and all else stays', async (t) => {
  t.equal(printable('\x1b[2J\x07\0\x7f\x9b31m\t\r'), '\\x1b[2J\\x07\\x00\\x7f\\x9b31m\\t\\r');
  t.equal(printable('abc\u202egnp.exe\u2066\u200f\u061c\u2028'), 'abc\\u202egnp.exe\\u2066\\u200f\\u061c\\u2028');
  const harmless = 'two\nlines, Zürich, 数字, \u{1f600}, "\\x1b"';
  t.equal(printable(harmless), harmless);
});

t.test('every control is escaped but newline', async (t) => {
  const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
  for (const code of codes) {
    const text = String.fromCharCode(code);
    t.equal(printable(text) === text, text === '\n', code.toString(16));
  }
});

t.test('what is printable stays as it is when it is made so again', async (t) => {
  const once = printable('\x1b]0;title\x07');
  t.equal(printable(once), once);
});

t.test('a line is one line', async (t) => {
  t.equal(printableLine('a\r\nb\x1b'), 'a\\r\\nb\\x1b');
});

t.test('what is written for people is one line, and does not steer their terminal', async (t) => {
  const stream = new PassThrough({ encoding: 'utf8' });
  printLine('lost box: \x1b[2J\njoined wss://here as box', stream);
  t.equal(stream.read(), 'lost box: \\x1b[2J\\njoined wss://here as box\n');
});
