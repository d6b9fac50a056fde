import { binOf } from '@layerline/api/log-scale';
import t from 'tap';
import { addCounts, binScale, goodnessTicks, linearScale, rowsOf, withMoment } from '../src/charts/bins.js';
import type { Distribution, Moment } from '../src/charts/bins.js';

function distribution(values: readonly number[]): Distribution {
  const bins = values.map(binOf);
  const first = Math.min(...bins);
  const counts = Array<number>(Math.max(...bins) - first + 1).fill(0);
  for (const bin of bins) counts[bin - first] = (counts[bin - first] ?? 0) + 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, deviation, deciles: Array<number>(9).fill(mean), histogram: { first, counts } };
}

t.test('histograms add up', async (t) => {
  t.strictSame(addCounts({ first: -2, counts: [1, 2] }, { first: 1, counts: [4] }), {
    first: -2,
    counts: [1, 2, 0, 4],
  });
  t.strictSame(addCounts({ first: 0, counts: [] }, { first: 3, counts: [1] }), { first: 3, counts: [1] });
});

t.test('beyond what is kept, neighbouring moments are put together', async (t) => {
  const moment = (step: number, values: number[]): Moment => ({
    ...{ step, positive: distribution(values), negative: distribution([0.5]) },
  });
  const three = [moment(10, [1, 3]), moment(20, [5, 7]), moment(30, [2])];
  const kept = three.reduce<readonly Moment[]>((all, one) => withMoment(all, one, 2), []);
  t.strictSame(
    kept.map(({ step }) => step),
    [20, 30],
  );
  const [both] = kept;
  t.equal(rowsOf(both?.positive.histogram ?? { first: 0, counts: [] }), 4);
  t.equal(both?.positive.mean, 4);
  t.ok(Math.abs((both?.positive.deviation ?? NaN) - Math.sqrt(5)) < 1e-12, 'as of 1, 3, 5, 7');
  t.equal(withMoment(kept, moment(30, [9]), 9), kept, 'a moment that is known already');
});

t.test('on the scale of bins, each is 1 wide and zero lies beside the innermost', async (t) => {
  const scale = binScale([distribution([0, 0.5, 8])]);
  t.strictSame(scale.edgesOf(0), [-0.5, 0.5]);
  t.strictSame(scale.edgesOf(binOf(0.5)), [0.5, 1.5]);
  t.strictSame(scale.edgesOf(binOf(8)), [32.5, 33.5], '4 octaves of 8 bins further out');
  t.strictSame(scale.edgesOf(-binOf(0.5)), [-1.5, -0.5]);
  t.strictSame(scale.range, [-0.5, 33.5]);
  const [from, to] = scale.edgesOf(binOf(3));
  t.ok(scale.placeOf(3) >= from && scale.placeOf(3) <= to, 'a value lies in its bin');
  t.equal(scale.placeOf(0), 0);
  t.equal(scale.placeOf(-3), -scale.placeOf(3));
});

t.test('few rows far away do not squeeze the others', async (t) => {
  const values = [...Array.from({ length: 5000 }, (_, index) => 1 + index / 5000), 60_000];
  for (const scale of [binScale([distribution(values)]), linearScale([distribution(values)])]) {
    t.ok(scale.range[1] < scale.placeOf(2.3), scale.range.join(' '));
  }
});

t.test('ticks of goodness keep apart', async (t) => {
  const scale = binScale([distribution([0, 0.002, 50])]);
  const ticks = goodnessTicks(scale, 20);
  t.ok(ticks.includes(0) && ticks.includes(10));
  const places = ticks.map(scale.placeOf);
  t.ok(
    places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) >= 20),
    places.join(' '),
  );
});
