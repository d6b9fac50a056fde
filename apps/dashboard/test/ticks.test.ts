import t from 'tap';
import { LINEAR, logScaleFor, symlog, withRoom } from '../src/charts/scale.js';
import { linearTicks, logTicks } from '../src/charts/ticks.js';

t.test('linear ticks are round, and exact', async (t) => {
  t.strictSame(linearTicks([0, 1], 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  t.strictSame(linearTicks([0.05, 0.35], 6), [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  t.strictSame(linearTicks([-130, 240], 4), [-100, 0, 100, 200]);
  t.strictSame(linearTicks([1e6, 1.00001e6], 3), [1_000_000, 1_000_005, 1_000_010]);
});

t.test('times are divided as people divide them', async (t) => {
  t.strictSame(linearTicks([0, 7200], 5, 'time'), [0, 1800, 3600, 5400, 7200]);
  t.strictSame(linearTicks([0, 90], 4, 'time'), [0, 30, 60, 90]);
  t.strictSame(linearTicks([0, 5 * 86_400], 6, 'time'), [0, 86_400, 172_800, 259_200, 345_600, 432_000]);
  t.strictSame(linearTicks([0, 0.4], 5, 'time'), [0, 0.1, 0.2, 0.3, 0.4]);
});

t.test('a symmetric logarithm shows zero and what lies below', async (t) => {
  const { forward, backward } = symlog(0.01);
  t.equal(forward(0), 0);
  for (const value of [-3, -0.01, 0.001, 0.5, 1e6]) {
    t.ok(Math.abs(backward(forward(value)) - value) <= 1e-9 * Math.abs(value), `${value} comes back`);
    t.equal(forward(-value), -forward(value));
  }
  t.ok(Math.abs(forward(1000) - forward(100) - Math.LN10) < 1e-3, 'a decade is a decade');
});

t.test('a scale of positive values is a logarithm, one with zeros leaves room for them', async (t) => {
  const positive = logScaleFor([0.02, 0.5]);
  const decade = positive.forward(0.2) - positive.forward(0.02);
  t.ok(Math.abs(decade - Math.LN10) < 0.02, `${decade}`);
  const mixed = logScaleFor([0, 0.02, 0.5]);
  t.equal(mixed.threshold, 0.01);
  t.ok(mixed.forward(0.02) - mixed.forward(0) < 1.2);
  t.equal(logScaleFor([0, 0]).threshold, 1);
  t.ok((logScaleFor([1e-300, 1]).threshold ?? 0) >= 1e-15, 'what is next to nothing does not stretch the scale');
});

t.test('ticks of a logarithmic scale', async (t) => {
  t.strictSame(logTicks([0.02, 0.6], logScaleFor([0.02, 0.6]), 8), [0.02, 0.05, 0.1, 0.2, 0.5]);
  t.strictSame(logTicks([0, 100], symlog(1), 6), [0, 1, 10, 100]);
  t.strictSame(logTicks([-10, 10], symlog(1), 6), [-10, -1, 0, 1, 10]);
  t.strictSame(logTicks([1e-9, 1], logScaleFor([1e-9, 1]), 5), [1e-8, 1e-6, 1e-4, 1e-2, 1], 'every second power');
  t.strictSame(logTicks([3.1, 3.5], logScaleFor([3.1, 3.5]), 4), [3.1, 3.2, 3.3, 3.4, 3.5], 'none of 1, 2, 5: linear');
});

t.test('room around values', async (t) => {
  t.strictSame(withRoom([0, 100], LINEAR), [0, 106]);
  t.strictSame(withRoom([-100, 0], LINEAR), [-106, 0]);
  t.strictSame(withRoom([-50, 50], LINEAR), [-56, 56]);
  t.strictSame(withRoom([0, 0], LINEAR), [0, 1]);
  t.strictSame(withRoom([10, 10], LINEAR), [9, 11]);
});
