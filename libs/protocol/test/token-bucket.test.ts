import t from 'tap';
import { TokenBucket } from '../src/token-bucket.js';

function taken(allowance: TokenBucket, tries: number): number {
  return Array.from({ length: tries }, () => allowance.take()).filter(Boolean).length;
}

t.test('so many times at once, and no more', (t) => {
  const allowance = new TokenBucket(0, 5);
  t.equal(taken(allowance, 20), 5);
  t.equal(allowance.take(), false);
  t.end();
});

t.test('it comes back with time, up to what is allowed at once', (t) => {
  const perSecond = 100;
  const allowance = new TokenBucket(perSecond, 3);
  const began = performance.now();
  t.equal(taken(allowance, 3), 3);
  while (!allowance.take());
  const until = performance.now() + 100;
  while (performance.now() < until);
  const most = 3 + ((performance.now() - began) / 1000) * perSecond;
  const again = taken(allowance, 100);
  t.ok(again >= 3, 'ten would have come back');
  t.ok(4 + again <= most + 1);
  t.end();
});
