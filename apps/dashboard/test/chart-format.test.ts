import t from 'tap';
import { formatDuration, formatPlace, formatValue, tickLabels } from '../src/charts/format.js';

/** With spaces that break, for people to read. */
function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}

t.test('values have their units', async (t) => {
  const cases = [
    [0.0327, 'ratio', '3.27 %'],
    [0, 'ratio', '0 %'],
    [1, 'ratio', '100 %'],
    [0.083532, '', '0.08353'],
    [-1.5, '', '−1.5'],
    [0, '', '0'],
    [12_345.6, '', '12,346'],
    [2_400_000, '', '2.4 M'],
    [0.0000457, '', '4.57·10⁻⁵'],
    [0.00001, '', '10⁻⁵'],
    [1_250_000, 'bytes', '1.25 MB'],
    [999, 'bytes', '999 B'],
    [60_000, 'images', '60 k images'],
    [0.25, 'seconds', '0.25 s'],
  ] as const;
  for (const [value, unit, text] of cases) t.equal(plain(formatValue(value, unit)), text);
});

t.test('durations', async (t) => {
  const cases = [
    [0, '0 s'],
    [9.96, '10 s'],
    [48, '48 s'],
    [60, '1 min'],
    [200, '3 min 20 s'],
    [3600, '1 h'],
    [18_720, '5 h 12 min'],
    [183_600, '2 d 3 h'],
    [-90, '−1 min 30 s'],
  ] as const;
  for (const [seconds, text] of cases) t.equal(plain(formatDuration(seconds)), text);
});

t.test('places on the x axis', async (t) => {
  t.equal(formatPlace(12_000.4, 'step'), 'step 12,000');
  t.equal(formatPlace(3.417, 'epoch'), 'epoch 3.42');
  t.equal(formatPlace(60_000, 'images'), '60,000 images');
  t.equal(plain(formatPlace(3900, 'wall')), '1 h 5 min');
});

t.test('labels of axes are short', async (t) => {
  t.strictSame(tickLabels([0, 500_000, 1_500_000], '').map(plain), ['0', '500 k', '1.5 M']);
  t.strictSame(tickLabels([0.1, 0.3], 'ratio').map(plain), ['10 %', '30 %']);
  t.strictSame(tickLabels([0.0002, 0.00001], '').map(plain), ['0.0002', '10⁻⁵']);
  t.strictSame(tickLabels([1800], 'seconds').map(plain), ['30 min']);
});
