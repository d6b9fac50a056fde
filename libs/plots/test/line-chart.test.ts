import t from 'tap';
import { lineChart } from '../src/index.js';
import type { LineChartContent } from '../src/index.js';

const CONTENT: LineChartContent = {
  title: 'Speed over distance',
  x: { name: 'distance, m', scale: 'linear' },
  y: { name: 'speed, m/s', scale: 'log' },
  lines: [
    {
      name: 'ours',
      points: [
        [0, 1],
        [50, 10],
        [100, 100],
      ],
      own: true,
    },
    {
      name: 'theirs',
      points: [
        [0, 100],
        [100, 1],
      ],
      own: false,
    },
  ],
};

const OWN = '#1f6feb';
const OTHER = '#bc4c00';

/** The line that is drawn in a colour, as numbers: x and y of each point, y downwards. */
function pathIn(svg: string, colour: string): [number, number][] {
  const [, path = ''] = new RegExp(`<path d="(M[^"]*)" fill="none"[^>]* stroke="${colour}"`).exec(svg) ?? [];
  const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
  return Array.from({ length: numbers.length / 2 }, (_, point) => numbers.slice(2 * point, 2 * point + 2)) as [
    number,
    number,
  ][];
}

t.test('lines are named, and own ones have a colour of their own', (t) => {
  const svg = lineChart(CONTENT);
  t.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ['Speed over distance', 'distance, m', 'speed, m/s', 'ours', 'theirs']) {
    t.ok(svg.includes(`>${text}<`), text);
  }
  t.equal(pathIn(svg, OWN).length, 3);
  t.equal(pathIn(svg, OTHER).length, 2);
  t.end();
});

t.test('a logarithmic axis has equal ratios at equal distances, a linear one equal differences', (t) => {
  const heights = (scale: 'linear' | 'log'): number[] =>
    pathIn(lineChart({ ...CONTENT, y: { ...CONTENT.y, scale } }), OWN).map(([, y]) => y);
  const [low = 0, middle = 0, high = 0] = heights('log');
  t.ok(low > middle && middle > high, 'more is higher');
  t.ok(Math.abs(low - middle - (middle - high)) < 1, '1, 10, 100 are as far apart');
  const [first = 0, second = 0, third = 0] = heights('linear');
  t.ok(Math.abs((second - third) / (first - second) - 10) < 0.2, '90 is ten times as far as 9');
  t.end();
});

t.test(
  'a logarithmic axis has marks from below the smallest number to above the largest, fewer over more decades',
  (t) => {
    const marks = (low: number, high: number): string[] => {
      const points = [low, high].map((y) => [1, y] as const);
      const svg = lineChart({ ...CONTENT, lines: [{ name: 'line', points, own: true }] });
      return Array.from(svg.matchAll(/text-anchor="end"[^>]*>([\d.,]+)</g), ([, text = '']) => text);
    };
    t.same(marks(1.6, 6), ['1.5', '2', '3', '5', '7']);
    t.same(marks(0.02, 1.2), ['0.02', '0.05', '0.1', '0.2', '0.5', '1', '2']);
    t.same(marks(1, 1e5), ['1', '10', '100', '1,000', '10,000', '100,000']);
    t.end();
  },
);
