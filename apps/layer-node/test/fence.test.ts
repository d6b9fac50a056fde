import t from 'tap';
import { Fence } from '../src/index.js';

t.test('a node takes part in the newest life of a run that it has seen, and in no older one', (t) => {
  const fence = new Fence();
  const admit = (run: string, incarnation: number, generation: number): void =>
    fence.admit({ run, incarnation, generation });
  admit('a', 1, 5);
  admit('a', 1, 5);
  admit('a', 1, 6);
  t.throws(() => admit('a', 1, 5), { name: 'StaleOrderError', code: 'ERR_STALE_ORDER' });
  t.throws(() => admit('a', 0, 9), {
    message: /^Run a has been taken by a newer coordinator \(incarnation 1\): this one \(incarnation 0\) must leave it/,
  });
  admit('a', 2, 0);
  t.throws(() => admit('a', 1, 7), { code: 'ERR_STALE_ORDER' }, 'the incarnation counts before the generation');
  admit('b', 0, 0);
  t.end();
});
