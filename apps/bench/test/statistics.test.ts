import t from 'tap';
import { median, ratio, spread } from '../src/statistics.js';

t.test('the median is the middle value, or the mean of the two in the middle, in any order', (t) => {
  t.equal(median([7]), 7);
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([10, 1, 4, 2]), 3);
  t.throws(() => median([]), RangeError);
  t.end();
});

t.test('a spread leaves the values as they were', (t) => {
  const values = [30, 10, 20];
  t.same(spread(values), { median: 20, min: 10, max: 30 });
  t.same(values, [30, 10, 20]);
  t.end();
});

t.test('a ratio is taken repeat by repeat, so that what slows both sides leaves no trace', (t) => {
  // The machine was half as fast in the second repeat: the ratio of medians would be 300 / 150.
  t.same(ratio([400, 200, 300], [200, 100, 150]), { median: 2, min: 2, max: 2 });
  t.same(ratio([3, 8, 5], [1, 2, 1]), { median: 4, min: 3, max: 5 });
  t.throws(() => ratio([1, 2], [1]), { name: 'RangeError', message: '2 measurements cannot be paired with 1' });
  t.end();
});
