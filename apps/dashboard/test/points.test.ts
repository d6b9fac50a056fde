import t from 'tap';
import { append, isThinned, noPoints, thin, withdraw } from '../src/charts/points.js';
import type { Points } from '../src/charts/points.js';

function pointsOf(values: readonly number[], smoothing = 0): Points {
  const points = noPoints();
  for (const [index, value] of values.entries()) {
    append(points, { name: 'one', step: 10 * (index + 1), at: 1000 * index, trainSeconds: index, value }, smoothing);
  }
  return points;
}

t.test('a value is added only beyond the end', async (t) => {
  const points = pointsOf([1, 2]);
  t.equal(append(points, { name: 'one', step: 20, at: 5, trainSeconds: 5, value: 9 }, 0), false, 'known already');
  t.equal(append(points, { name: 'one', step: 21, at: 5, trainSeconds: 5, value: 9 }, 0), true);
  t.strictSame(points.step, [10, 20, 21]);
  t.strictSame(points.last, [1, 2, 9]);
  t.strictSame(points.smooth, [], 'none was asked for');
});

t.test('the moving average goes on as if it had never been cut', async (t) => {
  const [values, beta] = [[4, 1, 7, 2, 2, 9], 0.9];
  const { smooth } = pointsOf(values, beta);
  let [average, weight] = [0, 1];
  for (const [index, value] of values.entries()) {
    average = beta * average + (1 - beta) * value;
    weight *= beta;
    t.ok(Math.abs((smooth[index] ?? NaN) - average / (1 - weight)) < 1e-12, `value ${index}`);
  }
  t.equal(smooth[0], 4, 'debiased: it begins with the first value, and not near 0');
});

t.test('of a series that has been thinned or has gone back, the moving average goes on exactly', async (t) => {
  const values = Array.from({ length: 60 }, (_, index) => Math.sin(index) + index / 10);
  const whole = pointsOf(values, 0.9);
  for (const end of [60, 40]) {
    const thinned = thin(pointsOf(values.slice(0, 50), 0.9), 5);
    withdraw(thinned, 10 * end);
    const known = (thinned.step.at(-1) ?? 0) / 10;
    t.equal(thinned.count.at(-1), known);
    for (const [index, value] of [...values.entries()].slice(known)) {
      append(thinned, { name: 'one', step: 10 * (index + 1), at: 0, trainSeconds: 0, value }, 0.9);
    }
    t.ok(Math.abs((thinned.smooth.at(-1) ?? NaN) - (whole.smooth.at(-1) ?? NaN)) < 1e-12, `from value ${known}`);
  }
});

t.test('a rewind takes back what lies beyond it', async (t) => {
  const points = pointsOf([1, 2, 3, 4]);
  t.equal(withdraw(points, 25), true);
  t.strictSame(
    [points.step, points.last, points.at, points.trainSeconds],
    [
      [10, 20],
      [1, 2],
      [0, 1000],
      [0, 1],
    ],
  );
  t.equal(withdraw(points, 20), false, 'the step itself stays');
  append(points, { name: 'one', step: 30, at: 9000, trainSeconds: 2, value: 5 }, 0);
  t.strictSame(points.step, [10, 20, 30], 'no step is there twice');
});

t.test('thinning keeps the least, greatest and last value of each stretch', async (t) => {
  const values = Array.from({ length: 1000 }, (_, index) => index);
  values[371] = 5000;
  values[372] = -5000;
  const thinned = thin(pointsOf(values), 50);
  t.equal(thinned.step.length, 50);
  t.equal(Math.max(...thinned.greatest), 5000, 'a spike survives');
  t.equal(Math.min(...thinned.least), -5000, 'and a dip');
  t.equal(thinned.last.at(-1), 999);
  t.equal(thinned.step.at(-1), 10_000);
  t.equal(thinned.least[0], 0);
  t.equal(thinned.greatest[0], 19);
  t.equal(thinned.last[0], 19);
});

t.test('thinning again merges stretches, and is even where old ones are coarser than new ones', async (t) => {
  const points = thin(pointsOf(Array.from({ length: 1000 }, (_, index) => index)), 100);
  for (let step = 10_010; step <= 20_000; step += 10) {
    append(points, { name: 'one', step, at: 0, trainSeconds: 0, value: step }, 0);
  }
  const thinned = thin(points, 100);
  const spans = thinned.step.slice(1).map((step, index) => step - (thinned.step[index] ?? 0));
  t.ok(
    Math.max(...spans) <= 300 && Math.min(...spans) >= 100,
    `stretches of ${Math.min(...spans)} to ${Math.max(...spans)} steps`,
  );
  t.equal(thinned.least[0], 0);
});

t.test('what has not been thinned has nothing more to show', async (t) => {
  const points = pointsOf([3, 1, 2]);
  t.equal(isThinned(points), false);
  t.equal(thin(points, 3), points);
  t.equal(isThinned(thin(points, 2)), true);
});
