import t from 'tap';
import { Pool } from '../src/pool.js';

t.test('what is given back is lent again, for the same shape, once', (t) => {
  const pool = new Pool<{ readonly number: number }>();
  let made = 0;
  const take = (shape: string) => pool.take(shape, () => ({ number: ++made }));
  const [first, second] = [take('a'), take('a')];
  t.same([first.item.number, second.item.number], [1, 2], 'nothing is lent twice');
  first.release();
  first.release();
  t.equal(take('b').item.number, 3, 'another shape has items of its own');
  t.equal(take('a').item, first.item);
  t.equal(take('a').item.number, 4, 'a second release gives nothing back');
  t.same(pool.idle(), []);
  second.release();
  t.same(pool.idle(), [second.item]);
  t.end();
});
