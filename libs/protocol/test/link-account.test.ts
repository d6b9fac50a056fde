import t from 'tap';
import { LinkAccount } from '../src/index.js';

/** Holds the event loop for at least so many milliseconds. */
function hold(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

t.test('frames and bytes add up', (t) => {
  const account = new LinkAccount();
  t.match(account, { frames: 0, bytes: 0, milliseconds: 0 });
  for (const bytes of [96, 1_600_000, 0]) account.count(bytes);
  t.match(account, { frames: 3, bytes: 1_600_096, milliseconds: 0 });
  t.end();
});

t.test('the time of work is counted, what it gives or throws is passed on', (t) => {
  const account = new LinkAccount();
  const began = performance.now();
  t.equal(
    account.time(() => (hold(3), 'result')),
    'result',
  );
  const first = account.milliseconds;
  t.ok(first >= 3, `${first} ms`);
  hold(3);
  t.equal(account.milliseconds, first, 'and no other time');
  t.throws(
    () =>
      account.time(() => {
        hold(2);
        throw new RangeError('too much');
      }),
    new RangeError('too much'),
  );
  const second = account.milliseconds;
  t.ok(second >= first + 2, `${second} ms`);
  t.ok(second <= performance.now() - began - 3);
  t.equal(account.frames, 0);
  t.end();
});
