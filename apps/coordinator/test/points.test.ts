import t from 'tap';
import { inOrder, smoothed, thinned } from '../src/record/points.js';
import type { Points } from '../src/record/points.js';

const ALL = { from: 0, to: Infinity, most: 1000, smoothing: 0 };

function pointsOf(steps: readonly number[], value: (step: number, index: number) => number): Points {
  return {
    step: Float64Array.from(steps),
    at: Float64Array.from(steps, (step) => 1000 * step),
    trainSeconds: Float64Array.from(steps, (step) => step / 4),
    value: Float64Array.from(steps, value),
  };
}

const upTo = (last: number, every = 1): number[] =>
  Array.from({ length: Math.floor(last / every) }, (_, index) => (index + 1) * every);

t.test('a series that fits is given point by point', (t) => {
  const steps = upTo(10);
  const series = thinned('a', pointsOf(steps, Math.sqrt), ALL);
  const values = steps.map(Math.sqrt);
  t.strictSame(series, {
    name: 'a',
    step: steps,
    at: steps.map((step) => 1000 * step),
    trainSeconds: steps.map((step) => step / 4),
    least: values,
    greatest: values,
    last: values,
    count: steps,
    smooth: [],
  });
  t.end();
});

t.test('thinning keeps a spike, a dip and the last value', (t) => {
  const value = (step: number): number => ({ 4321: 99, 7777: -99, 10_000: 5 })[step] ?? step / 10_000;
  const { step, least, greatest, last, at } = thinned('a', pointsOf(upTo(10_000), value), { ...ALL, most: 100 });
  t.ok(step.length <= 100 && step.length > 50, `${step.length} points`);
  t.equal(step.at(-1), 10_000);
  t.equal(last.at(-1), 5);
  t.equal(Math.max(...greatest), 99);
  t.equal(Math.min(...least), -99);
  const spike = greatest.indexOf(99);
  t.ok((step[spike] ?? 0) >= 4321 && (step[spike - 1] ?? 0) < 4321, 'in the bucket where it was');
  t.same(
    last.slice(0, -1),
    step.slice(0, -1).map((step) => step / 10_000),
    'a point stands where its bucket ends',
  );
  t.same(
    at,
    step.map((step) => 1000 * step),
  );
  t.end();
});

t.test('the points stay the same while a run goes on, until buckets get twice as wide', (t) => {
  const thin = (last: number) => thinned('a', pointsOf(upTo(last), Math.sin), { ...ALL, most: 100 });
  const [earlier, later] = [thin(5000), thin(6000)];
  t.same(later.step.slice(0, earlier.step.length - 1), earlier.step.slice(0, -1));
  t.same(later.greatest.slice(0, earlier.step.length - 1), earlier.greatest.slice(0, -1));
  t.end();
});

t.test('never more points than were asked for, wherever the stretch begins', (t) => {
  for (const most of [1, 2, 3, 10]) {
    for (const from of [0, 1, 7, 500, 1023]) {
      const points = pointsOf([0, ...upTo(2000, 3)], Math.cos);
      const { step, least } = thinned('a', points, { ...ALL, from, to: 1999, most });
      t.ok(step.length <= most && step.length > 0, `${step.length} of ${most} from ${from}`);
      t.ok((step[0] ?? 0) >= from);
      t.equal(step.at(-1), 1998);
      const inside = [...points.value].filter((_, index) => {
        const at = points.step[index] ?? 0;
        return at >= from && at <= 1999;
      });
      t.equal(Math.min(...least), Math.min(...inside));
    }
  }
  t.same(thinned('a', pointsOf(upTo(5), Math.cos), { ...ALL, from: 6 }).step, []);
  t.same(thinned('a', pointsOf([], Math.cos), ALL).step, []);
  t.end();
});

t.test('smoothing is a plain debiased average over all values, before thinning and cutting', (t) => {
  const steps = upTo(3000);
  const value = (step: number): number => Math.sin(step / 50) + (step % 7);
  for (const smoothing of [0.5, 0.9, 0.999]) {
    let mean = 0;
    const plain = steps.map((step, index) => {
      mean = smoothing * mean + (1 - smoothing) * value(step);
      return mean / (1 - smoothing ** (index + 1));
    });
    const cut = { from: 1000, to: 2500, most: 40, smoothing };
    const { step, smooth, count } = thinned('a', pointsOf(steps, value), cut);
    t.ok(step.length > 20);
    t.equal(smooth.length, step.length);
    t.same(count, step, 'there was a value at each step before');
    for (const [index, at] of step.entries()) {
      t.ok(Math.abs((smooth[index] ?? NaN) - (plain[at - 1] ?? NaN)) < 1e-9, `at ${at}`);
    }
  }
  t.same(
    [...smoothed(Float64Array.of(4, 4, 4), 0.9)].map((value) => value.toFixed(12)),
    Array(3).fill('4.000000000000'),
  );
  t.end();
});

t.test('what has been withdrawn and what has no value is left out, and no step comes twice', (t) => {
  const { step, value } = inOrder(pointsOf([1, 2, 3, 3, 4, 5, 3, 4, 6], (_, index) => (index === 7 ? NaN : index)));
  t.same([...step], [1, 2, 3, 6]);
  t.same([...value], [0, 1, 6, 8]);
  t.end();
});
