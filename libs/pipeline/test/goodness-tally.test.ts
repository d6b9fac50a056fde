import t from 'tap';
import { GoodnessTally } from '../src/goodness-tally.js';

await t.test('averages over all pairs since the last time', (t) => {
  const tally = new GoodnessTally(2);
  t.equal(tally.take(), undefined, 'nothing yet');
  tally.add([Float32Array.of(3, 1, 2, 1), Float32Array.of(-1, -4, -2, -3)], 2);
  tally.add([Float32Array.of(5, 0), Float32Array.of(-6, -5)], 1);
  t.same(tally.take(), [
    { positive: 3, negative: 1, separation: 2 / 3 },
    { positive: -11 / 3, negative: -10 / 3, separation: 1 / 3 },
  ]);
  t.equal(tally.take(), undefined, 'and from anew');
  t.end();
});

await t.test('a pair of equals is not separated', (t) => {
  const tally = new GoodnessTally(1);
  tally.add([Float32Array.of(1, 0, 2, 1, 0, 1)], 3);
  t.same(tally.take(), [{ positive: 1, negative: 2 / 3, separation: 1 / 3 }]);
  t.end();
});
