import t from 'tap';
import { checkedName, milliseconds, wholeNumber } from '../src/option-values.js';

t.test('a whole number is what it looks like', (t) => {
  const port = (text: string): number => wholeNumber('port', text, { from: 0, to: 65_535 });
  t.equal(port('0'), 0);
  t.equal(port('65535'), 65_535);
  for (const text of ['', ' ', '-0', '-1', '1.0', '1e3', '0x10', '65536', 'NaN', '1e999', '٣']) {
    t.throws(() => port(text), {
      code: 'ERR_CONFIG',
      message: `port: has to be a whole number from 0 to 65535, not "${text}"`,
    });
  }
  t.end();
});

t.test('a time is a plain number', (t) => {
  t.same(
    ['0', '0.2', '15'].map((text) => milliseconds('round-trip', text)),
    [0, 0.2, 15],
  );
  for (const text of ['', '-1', '.5', '1e3', '2ms', 'Infinity']) {
    t.throws(() => milliseconds('round-trip', text), {
      code: 'ERR_CONFIG',
      message: `round-trip: has to be a number of milliseconds such as 0.2, not "${text}"`,
    });
  }
  t.end();
});

t.test('a name that no coordinator accepts is refused before anything is started', (t) => {
  t.equal(checkedName('name', 'büro-7'), 'büro-7');
  t.equal(checkedName('name', 'x'.repeat(100)), 'x'.repeat(100));
  for (const text of ['', 'x'.repeat(101), 'a\nb', 'a\x1b[31mb', 'a\u202eb']) {
    t.throws(() => checkedName('name', text), {
      code: 'ERR_CONFIG',
      message: /^name: has to be a name of 1 to 100 printable characters, not ".*"$/,
    });
  }
  t.end();
});
