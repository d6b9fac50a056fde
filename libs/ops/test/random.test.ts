import t from 'tap';
import { bits, fold, integer, normal, permutation, randomKey, threefry2x32, uniform } from '../src/index.js';

/** Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …) */
function cumulativeNormal(x: number): number {
  let term = x;
  let series = x;
  for (let odd = 3; Math.abs(term) > 1e-18; odd += 2) {
    term *= x ** 2 / odd;
    series += term;
  }
  return 0.5 + (Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

t.test('threefry2x32 gives the known answers of Random123', (t) => {
  const hex = (k0: number, k1: number, c0: number, c1: number): string[] =>
    [...threefry2x32(k0, k1, c0, c1)].map((word) => word.toString(16).padStart(8, '0'));
  t.same(hex(0, 0, 0, 0), ['6b200159', '99ba4efe']);
  t.same(hex(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff), ['1cb996fc', 'bb002be7']);
  t.same(hex(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3), ['c4923a9c', '483df7a0']);
  t.end();
});

t.test('keys differ by seed and by every coordinate', (t) => {
  const keys = [
    randomKey(1),
    randomKey(2),
    randomKey(1 + 2 ** 32),
    fold(randomKey(1), 0),
    fold(randomKey(1), 1),
    fold(randomKey(1), 0, 0),
    fold(randomKey(1), 2 ** 32),
  ];
  t.equal(new Set(keys.map((key) => key.join())).size, keys.length);
  t.end();
});

t.test('uniform and normal numbers have the moments of their distributions', (t) => {
  const key = fold(randomKey(7), 1);
  const count = 200_000;
  const moments = (draw: (counter: number) => number): { mean: number; variance: number; fourth: number } => {
    let [first, second, fourth] = [0, 0, 0];
    for (let counter = 0; counter < count; counter++) {
      const x = draw(counter);
      first += x / count;
      second += x ** 2 / count;
      fourth += x ** 4 / count;
    }
    return { mean: first, variance: second - first ** 2, fourth };
  };
  const flat = moments((counter) => uniform(key, counter));
  t.ok(Math.abs(flat.mean - 1 / 2) < 0.003, `uniform mean ${flat.mean}`);
  t.ok(Math.abs(flat.variance - 1 / 12) < 0.001, `uniform variance ${flat.variance}`);
  const bell = moments((counter) => normal(key, counter));
  t.ok(Math.abs(bell.mean) < 0.01, `normal mean ${bell.mean}`);
  t.ok(Math.abs(bell.variance - 1) < 0.01, `normal variance ${bell.variance}`);
  t.ok(Math.abs(bell.fourth - 3) < 0.08, `normal fourth moment ${bell.fourth}`);
  t.end();
});

t.test('a normal number is the quantile of its uniform one, in the middle and in the tails', (t) => {
  const key = fold(randomKey(11), 2);
  const probabilities: number[] = [];
  for (let counter = 0; counter < 20_000; counter++) {
    const probability = (bits(key, counter) + 0.5) / 2 ** 32;
    const error = Math.abs(cumulativeNormal(normal(key, counter)) - probability);
    if (error > 1e-14) t.fail(`counter ${counter}: ${error} off at ${probability}`);
    probabilities.push(probability);
  }
  t.ok(Math.min(...probabilities) < 2e-4 && Math.max(...probabilities) > 1 - 2e-4, 'both tails are drawn');
  t.end();
});

t.test('integers stay below their bound and reach all of it', (t) => {
  const key = fold(randomKey(3), 4);
  const seen = new Set(Array.from({ length: 500 }, (_, counter) => integer(key, counter, 10)));
  t.same([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.equal(bits(key, 5), bits(key, 5), 'a counter always gives the same bits');
  t.end();
});

t.test('a permutation holds every index once and depends on its key', (t) => {
  const order = permutation(fold(randomKey(1), 0), 1000);
  t.same(
    Uint32Array.from(order).sort(),
    Uint32Array.from({ length: 1000 }, (_, index) => index),
  );
  t.notSame(order, permutation(fold(randomKey(1), 1), 1000));
  t.same(order, permutation(fold(randomKey(1), 0), 1000));
  t.end();
});
