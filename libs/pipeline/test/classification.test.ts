import t from 'tap';
import { Classification } from '../src/classification.js';
import { planOf } from './support/run.js';

const CLASSES = 10;

const ALL = planOf({ layers: [4, 4] }, 100);
const ALL_BUT_FIRST = planOf({ layers: [4, 4], classifyBy: 'all-but-first' }, 100);

/** Goodness of each image under each label, label by label: `level` under those given, else 0. */
function goodness(...images: readonly Readonly<Record<number, number>>[]): Float32Array {
  const labels = Array.from({ length: CLASSES }, (_, label) => label);
  return Float32Array.from(labels.flatMap((label) => images.map((levels) => levels[label] ?? 0)));
}

await t.test('the label with the highest goodness is the class: of each layer, and of all added up', (t) => {
  const first = goodness({ 3: 5, 7: 4 }, { 0: 1 }, { 9: 2 }, { 5: -1 });
  const second = goodness({ 7: 2 }, { 0: 1 }, { 8: 3 }, { 0: -1, 1: 1 });
  const labels = Uint8Array.of(7, 0, 9, 1);
  const all = new Classification(ALL);
  all.add([first, second], labels);
  // Added up: 7, 0, 8, 1. The first layer says 3, 0, 9, 0; the second 7, 0, 8, 1.
  t.same(all.errors, { testError: 1 / 4, perLayerError: [2 / 4, 1 / 4] });
  const allButFirst = new Classification(ALL_BUT_FIRST);
  allButFirst.add([first, goodness({ 3: 1 }, { 0: 1 }, { 9: 1 }, { 1: 1 })], labels);
  t.same(allButFirst.errors, { testError: 1 / 4, perLayerError: [2 / 4, 1 / 4] });
  t.end();
});

await t.test('of equals it is the first', (t) => {
  const classes = new Classification(ALL);
  const tie = goodness({ 2: 1, 6: 1 }, { 2: 1, 6: 1 }, {});
  classes.add([tie, tie], Uint8Array.of(2, 6, 0));
  t.same(classes.errors, { testError: 1 / 3, perLayerError: [1 / 3, 1 / 3] });
  t.end();
});

await t.test('goodness may be negative throughout', (t) => {
  const classes = new Classification(ALL);
  const quiet = goodness({ 4: -1 }).map((level) => (level === -1 ? -1 : -9));
  classes.add([quiet, quiet], Uint8Array.of(4));
  t.same(classes.errors, { testError: 0, perLayerError: [0, 0] });
  t.end();
});

await t.test('images add up', (t) => {
  const classes = new Classification(ALL);
  const one = goodness({ 1: 1 });
  for (const label of [1, 2, 1, 1]) classes.add([one, one], Uint8Array.of(label));
  t.same(classes.errors, { testError: 1 / 4, perLayerError: [1 / 4, 1 / 4] });
  t.end();
});
