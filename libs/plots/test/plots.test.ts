import t from 'tap';
import { heatMap, scatterPlot } from '../src/index.js';

/** The texts of a plot, in their order. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

t.test('a heat map has each value in its place, and nothing where there is none', (t) => {
  const svg = heatMap({
    title: 'Error',
    columns: { name: 'activation', values: ['relu', 'tanh'] },
    rows: { name: 'layers', values: ['500', '500, 500'] },
    values: [
      [0.02, 0.04],
      [0.01, undefined],
    ],
    format: (value) => `${100 * value} %`,
  });
  t.match(svg, /^<svg/);
  const texts = textsOf(svg);
  for (const text of ['Error', 'activation', 'relu', 'tanh', 'layers', '500', '500, 500', '2 %', '4 %', '1 %']) {
    t.ok(texts.includes(text), text);
  }
  t.equal(texts.filter((text) => text.endsWith('%')).length, 3);
  t.end();
});

t.test('a scatter plot has a mark for each point, and a legend where there are several clouds', (t) => {
  const points = [
    [1, 2],
    [3, 4],
    [5, 1],
  ] as const;
  const plot = {
    title: 'Error against time',
    x: { name: 'time, s', scale: 'linear' },
    y: { name: 'error, %', scale: 'linear' },
  } as const;
  const one = textsOf(scatterPlot({ ...plot, clouds: [{ name: 'all', points }] }));
  for (const text of ['Error against time', 'time, s', 'error, %']) t.ok(one.includes(text), text);
  t.notOk(one.includes('all'));
  const two = scatterPlot({
    ...plot,
    clouds: [
      { name: 'mean', points },
      { name: 'sum', points: [[2, 2]] },
    ],
  });
  t.ok(textsOf(two).includes('mean') && textsOf(two).includes('sum'));
  // echarts numbers the marks of each series.
  t.equal([...two.matchAll(/fill="#1f6feb"/g)].length, points.length + 1, 'and one in the legend');
  t.end();
});
