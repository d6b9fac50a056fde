import t from 'tap';
import { readConfusion, strengthOf } from '../src/evaluation/confusion.js';
import { rgbaOf } from '../src/evaluation/grey-pixels.js';

t.test('a confusion matrix gives recall, precision and the worst mistake', async (t) => {
  const confusion = readConfusion([
    [8, 2, 0],
    [0, 10, 0],
    [1, 0, 0],
  ]);
  t.same(confusion.rowTotals, [10, 10, 1]);
  t.same(confusion.recall, [0.8, 1, 0]);
  t.same(confusion.precision, [8 / 9, 10 / 12, 1], 'nothing was taken for a 2, so nothing wrongly');
  t.equal(confusion.worst, 2);
  t.equal(strengthOf(confusion, 0, 0), 0.8);
  t.equal(strengthOf(confusion, 0, 1), 1);
  t.equal(strengthOf(confusion, 2, 0), 0.5);
});

t.test('a matrix without mistakes, or without images, has no strong cell', async (t) => {
  t.equal(
    strengthOf(
      readConfusion([
        [5, 0],
        [0, 5],
      ]),
      0,
      1,
    ),
    0,
  );
  t.equal(strengthOf(readConfusion([[0]]), 0, 0), 0);
});

t.test('a picture becomes opaque grey, and what is missing black', async (t) => {
  const pixels = Buffer.from([0, 128, 255]).toString('base64');
  t.same(
    [...rgbaOf({ width: 2, height: 2, pixels })],
    [0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255, 0, 0, 0, 255],
  );
});
