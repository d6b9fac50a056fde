import t from 'tap';
import { reachOf, together, tracesOf } from '../src/charts/lines.js';
import type { Line, Trace } from '../src/charts/lines.js';
import { drawPicture, fitScales } from '../src/charts/picture.js';
import { noPoints } from '../src/charts/points.js';

const STYLE = { colour: '--layer-1', dash: [], width: 1 };
const PACE = { batch: 10, batchesPerEpoch: 100, startedAt: 0 };

function trace(key: string, xs: number[], last: number[], smooth: number[] = []): Trace {
  return { key, label: key, style: STYLE, xs, least: last, greatest: last, last, smooth };
}

t.test('lines of one key are drawn as their mean, in the band between the least and the greatest', async (t) => {
  const lines: Line[] = ['a', 'b'].map((run) => ({
    key: 'seeds',
    label: run,
    style: STYLE,
    run,
    name: 'loss',
    pace: PACE,
  }));
  const columns = { step: [10, 20], at: [0, 0], trainSeconds: [0, 0], count: [1, 2], smooth: [] };
  const values: Record<string, number[]> = { a: [1, 3], b: [3, 7] };
  const [one, ...others] = tracesOf(lines, 'images', ({ run }) => {
    const last = values[run] ?? [];
    return { ...columns, last, least: last, greatest: last };
  });
  t.equal(others.length, 0);
  t.strictSame(
    [one?.xs, one?.last, one?.least, one?.greatest],
    [
      [100, 200],
      [2, 5],
      [1, 3],
      [3, 7],
    ],
  );
  t.strictSame(
    tracesOf(lines, 'step', () => noPoints()),
    [],
    'lines without points are left out',
  );
});

t.test('a mean is of all, at places of any, as far as all reach', async (t) => {
  const mean = together([trace('a', [0, 10, 20, 30], [0, 10, 20, 30]), trace('b', [5, 25], [1, 3])]);
  t.strictSame(mean.xs, [5, 10, 20, 25]);
  t.strictSame(mean.last, [3, (10 + 1.5) / 2, (20 + 2.5) / 2, 14]);
  t.strictSame(mean.smooth, [], 'smooth only if all are');
  t.strictSame(together([trace('a', [0, 1], [1, 1]), trace('b', [5, 6], [1, 1])]).xs, []);
});

t.test('scales fit what is seen, spikes included', async (t) => {
  const thinned = { ...trace('a', [0, 10, 20, 30, 40], [1, 1, 1, 1, 1]), greatest: [1, 1, 9, 1, 1] };
  const whole = fitScales([thinned], { zoom: undefined, logX: false, logY: false }, reachOf([thinned]));
  t.strictSame(whole.rangeX, [0, 40]);
  t.ok(whole.rangeY[1] > 9);
  const zoomed = fitScales([thinned], { zoom: [31, 40], logX: false, logY: false }, [0, 40]);
  t.strictSame(zoomed.rangeX, [31, 40]);
  t.ok(zoomed.rangeY[1] < 2, 'the spike lies outside');
  t.strictSame(fitScales([], { zoom: undefined, logX: false, logY: true }, undefined).rangeY, [0, 1]);
});

t.test('values at and below zero have places on a logarithmic axis', async (t) => {
  const mixed = trace('a', [0, 1, 2], [-1, 0, 100]);
  const scales = fitScales([mixed], { zoom: undefined, logX: true, logY: true }, [0, 2]);
  const chart = { axis: 'step', unit: '', width: 400, height: 200, focus: undefined } as const;
  const picture = drawPicture([mixed], [], scales, chart);
  const [below = NaN, zero = NaN, above = NaN] = picture.curves[0]?.ys ?? [];
  t.ok(picture.y.min <= below && below < zero && zero < above && above <= picture.y.max, `${below} ${zero} ${above}`);
  t.ok(picture.y.ticks.some(({ label }) => label === '0'));
});

t.test('smoothing leaves the raw curve faintly visible, and focus lifts a line above the others', async (t) => {
  const traces = [trace('a', [0, 1], [1, 2], [1, 1.5]), trace('b', [0, 1], [2, 3])];
  const scales = fitScales(traces, { zoom: undefined, logX: false, logY: false }, [0, 1]);
  const chart = { axis: 'step', unit: '', width: 400, height: 200, focus: 'a' } as const;
  const { curves } = drawPicture(traces, [], scales, chart);
  t.strictSame(
    curves.map(({ key, ys, opacity }) => [key, ys, opacity]),
    [
      ['b', [2, 3], 0.25],
      ['a', [1, 2], 0.3],
      ['a', [1, 1.5], 1],
    ],
  );
});
