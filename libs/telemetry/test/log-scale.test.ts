import * as fc from 'fast-check';
import t from 'tap';
import { binOf, MAX_BIN, quantile, rangeOf, shareAbove } from '../src/log-scale.js';
import type { BinCounts } from '../src/log-scale.js';

/** A histogram of values. */
function histogramOf(values: readonly number[]): BinCounts {
  const counts = new Array<number>(2 * MAX_BIN + 1).fill(0);
  for (const value of values) {
    const place = binOf(value) + MAX_BIN;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { first: -MAX_BIN, counts };
}

const within = fc.double({ min: 2 ** -16, max: 2 ** 15.99, noNaN: true });
const signed = fc.tuple(within, fc.constantFrom(1, -1)).map(([size, sign]) => size * sign);

t.test('a value lies in the range of its bin, and bins follow each other without gaps', (t) => {
  fc.assert(
    fc.property(signed, (value) => {
      const [low, high] = rangeOf(binOf(value));
      return low <= value * (1 + 1e-12 * Math.sign(value)) && value <= high * (1 + 1e-12 * Math.sign(value));
    }),
  );
  for (let bin = 1; bin < MAX_BIN; bin++) t.equal(rangeOf(bin)[1], rangeOf(bin + 1)[0]);
  t.equal(binOf(0), 0);
  t.equal(binOf(1e-9), 0);
  t.equal(binOf(1), 129);
  t.equal(binOf(-1), -129);
  t.equal(binOf(1e300), MAX_BIN);
  t.equal(binOf(-1e300), -MAX_BIN);
  t.end();
});

t.test('quantiles are those of the values, to within 9 %', (t) => {
  fc.assert(
    fc.property(
      fc.array(within, { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(share * values.length - 1e-9) - 1] as number;
        const ratio = quantile(histogramOf(values), share) / exact;
        return ratio > 2 ** -0.126 && ratio < 2 ** 0.126;
      },
    ),
  );
  t.equal(quantile({ first: 0, counts: [] }, 0.5), 0);
  t.end();
});

t.test('how often one kind exceeds another, against counting all pairs', (t) => {
  const values = fc.array(signed, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      let above = 0;
      for (const one of a)
        for (const other of b) above += binOf(other) > binOf(one) ? 1 : binOf(other) === binOf(one) ? 0.5 : 0;
      return Math.abs(shareAbove(histogramOf(a), histogramOf(b)) - above / (a.length * b.length)) < 1e-12;
    }),
  );
  t.equal(shareAbove({ first: 3, counts: [2] }, { first: 4, counts: [1] }), 1);
  t.equal(shareAbove({ first: 0, counts: [] }, { first: 4, counts: [1] }), 0.5);
  t.end();
});
