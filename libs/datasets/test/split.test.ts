import t from 'tap';
import { contentHash, DIGITS_SPEC, holdOut, knownSummary, rowCounts, rowsByClass, splitShare } from '../src/index.js';
import type { ImageSet } from '../src/index.js';

/** Rows of two numbers: the row itself, and its class. Every fourth is of the second class, one of the third. */
const SET: ImageSet = {
  images: Float32Array.from({ length: 202 }, (_, at) => (at % 2 === 0 ? at / 2 : classOf((at - 1) / 2))),
  labels: Uint8Array.from({ length: 101 }, (_, row) => classOf(row)),
  count: 101,
};

function classOf(row: number): number {
  return row === 100 ? 2 : row % 4 === 0 ? 1 : 0;
}

function rowsOf({ images }: ImageSet): number[] {
  return [...images].filter((_, at) => at % 2 === 0);
}

t.test('each class has the same share, and every row is in one part with its own label', (t) => {
  const [rest, share] = splitShare(SET, 3, { testShare: 0.2, splitSeed: 1 });
  t.same(rowsByClass(share, 3), [15, 5, 0], 'the only row of a class stays');
  t.same(
    [...rowsOf(rest), ...rowsOf(share)].sort((a, b) => a - b),
    rowsOf(SET),
  );
  for (const part of [rest, share]) t.same([...part.labels], rowsOf(part).map(classOf));
  t.same(splitShare(SET, 3, { testShare: 0.2, splitSeed: 1 }), [rest, share], 'the same again');
  t.notSame(
    rowsOf(splitShare(SET, 3, { testShare: 0.2, splitSeed: 2 })[1]),
    rowsOf(share),
    'another with another seed',
  );
  t.end();
});

t.test('rows are held out in proportion, exactly as many as were asked for', (t) => {
  for (const validation of [1, 7, 50, 99]) {
    const [rest, held] = holdOut(SET, 3, { validation, splitSeed: 1 });
    t.equal(held.count, validation);
    t.equal(rest.count, 101 - validation);
    const [first = 0] = rowsByClass(held, 3);
    t.ok(Math.abs(first - (validation * 75) / 101) <= 1, `${first} of the first class`);
  }
  t.end();
});

t.test('rows are counted without the data', (t) => {
  const split = { testShare: 0.2, validation: 10, splitSeed: 1 };
  const summary = { spec: DIGITS_SPEC, sha256: '', trainByClass: rowsByClass(SET, 3), testRows: 0 };
  t.same(rowCounts(summary, split), { train: 71, validation: 10, test: 20 });
  t.same(rowCounts({ ...summary, testRows: 5 }, split), { train: 91, validation: 10, test: 5 });
  t.throws(() => rowCounts(summary, { ...split, validation: 81 }), {
    message: /^validation: 81 rows leave none of 101/,
  });
  t.same(rowCounts(knownSummary('mnist'), { ...split, validation: 10_000 }), {
    ...{ train: 50_000, validation: 10_000, test: 10_000 },
  });
  t.end();
});

t.test('data has a hash of its content, whatever files it is in', (t) => {
  const content = { spec: DIGITS_SPEC, train: SET, test: undefined };
  const hash = contentHash(content);
  t.match(hash, /^[0-9a-f]{64}$/);
  t.equal(contentHash({ ...content, train: { ...SET, labels: Uint8Array.from(SET.labels) } }), hash);
  t.equal(contentHash({ ...content, spec: { ...DIGITS_SPEC, label: 'append' } }), hash, 'a label is no content');
  t.not(contentHash({ ...content, test: SET }), hash);
  t.not(contentHash({ ...content, train: { ...SET, labels: SET.labels.map((label) => 2 - label) } }), hash);
  t.end();
});
