import t from 'tap';
import { checkedName, milliseconds, moment, wholeNumber } from '../src/option-values.js';

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

t.test('a moment is so long ago, or a local date unless it names a zone', (t) => {
  const now = Date.UTC(2026, 0, 31, 12);
  const ago = (text: string): number => now - moment('since', text, now).getTime();
  t.same(['0s', '90s', '10m', '2h', '7d'].map(ago), [0, 90e3, 600e3, 7200e3, 7 * 24 * 3600e3]);
  t.same(moment('since', '2026-12-01T12:00'), new Date(2026, 11, 1, 12));
  t.same(moment('since', '2026-12-01'), new Date(2026, 11, 1));
  t.same(moment('since', '2026-12-01T12:00:30.5Z'), new Date(Date.UTC(2026, 11, 1, 12, 0, 30, 500)));
  t.same(moment('since', '2026-12-01T12:00+02:00'), new Date(Date.UTC(2026, 11, 1, 10)));
  for (const text of ['', '10', 'yesterday', '-1h', '1w', '12:00', '2026-13-01', '9999999999999d']) {
    t.throws(() => moment('since', text, now), {
      code: 'ERR_CONFIG',
      message: `since: "${text}" is neither a time such as 10m or 2h ago nor a date such as 2026-12-01T12:00`,
    });
  }
  t.end();
});
