import { DIGITS_SPEC, PIXELS } from '@layerline/datasets';
import type { ImageSet } from '@layerline/datasets';
import { allUnits } from '@layerline/forward-forward';
import { randomKey } from '@layerline/ops';
import type { Plan } from '@layerline/plan';
import t from 'tap';
import { dropoutMask } from '../src/dropout.js';
import { RowPreparation } from '../src/row-preparation.js';
import { planOf } from './support/run.js';

const PLAN = planOf({}, 20);
const AS_THEY_ARE = { standardize: false, shift: 0, flip: false, dropout: 0 };

function preparationOf(changed: Partial<Plan['preparation']>, set: ImageSet, plan = PLAN): RowPreparation {
  return new RowPreparation({ ...plan, preparation: { ...AS_THEY_ARE, ...changed } }, set);
}

/** One image with a mark in the upper left, two pixels from each edge. */
const MARKED: ImageSet = { images: new Uint8Array(PIXELS).fill(255, 58, 60), labels: Uint8Array.of(1), count: 1 };

/** Where a row has ink. */
function inked(row: Float32Array): number[] {
  return [...row.keys()].filter((at) => row[at] !== 0);
}

t.test('pictures move by up to so many pixels, each way as often, and the same in the same epoch', (t) => {
  const preparation = preparationOf({ shift: 2 }, MARKED);
  const places = new Map<string, number>();
  for (let epoch = 1; epoch <= 1000; epoch++) {
    const row = preparation.training(MARKED, epoch, 0);
    t.same(preparation.training(MARKED, epoch, 0), row);
    const [first = 0, second] = inked(row);
    t.equal(second, first + 1);
    const moved = `${(first % 28) - 2} ${Math.floor(first / 28) - 2}`;
    places.set(moved, (places.get(moved) ?? 0) + 1);
  }
  t.equal(places.size, 25);
  t.ok(Math.min(...places.values()) > 15 && Math.max(...places.values()) < 75, '40 of each are to be expected');
  t.same(inked(preparation.judged(MARKED, 0)), [58, 59], 'rows that are judged stay where they are');
  t.end();
});

t.test('what is moved beyond an edge is gone', (t) => {
  const preparation = preparationOf({ shift: 4 }, MARKED);
  const counts = Array.from({ length: 200 }, (_, epoch) => inked(preparation.training(MARKED, epoch, 0)).length);
  t.same([...new Set(counts)].sort(), [0, 1, 2]);
  t.end();
});

t.test('half of the pictures are mirrored', (t) => {
  const preparation = preparationOf({ flip: true }, MARKED);
  const rows = Array.from({ length: 200 }, (_, epoch) => inked(preparation.training(MARKED, epoch, 0))[0]);
  t.same([...new Set(rows)].sort(), [58, 80]);
  const mirrored = rows.filter((first) => first === 80).length;
  t.ok(mirrored > 70 && mirrored < 130, `${mirrored} of 200`);
  t.end();
});

t.test('columns of a table have a mean of 0 and a variance of 1', (t) => {
  const data = { ...PLAN.data, kind: 'table', height: 1, width: 3, label: 'append' } as const;
  const images = Float32Array.of(0, 5, 1, 1, 5, 3, 2, 5, 5, 3, 5, 7);
  const set: ImageSet = { images, labels: new Uint8Array(4), count: 4 };
  const preparation = preparationOf({ standardize: true }, set, { ...PLAN, data });
  const rows = [0, 1, 2, 3].map((row) => [...preparation.judged(set, row)]);
  const deviation = Math.sqrt(1.25);
  t.same(
    rows,
    [-1.5, -0.5, 0.5, 1.5].map((value) => [Math.fround(value / deviation), 0, Math.fround(value / deviation)]),
    'and one that is the same everywhere becomes 0',
  );
  t.end();
});

t.test('a share of the inputs of a training row is left out', (t) => {
  const set: ImageSet = { images: new Uint8Array(PIXELS).fill(255), labels: Uint8Array.of(0), count: 1 };
  const preparation = preparationOf({ dropout: 0.3 }, set);
  const share = inked(preparation.training(set, 1, 0)).length / PIXELS;
  t.ok(Math.abs(share - 0.7) < 0.08, `${share} stay`);
  t.notSame(preparation.training(set, 1, 0), preparation.training(set, 2, 0));
  t.equal(inked(preparation.judged(set, 0)).length, PIXELS);
  t.end();
});

t.test('a mask of dropout depends on pair and unit alone, whatever the shard', (t) => {
  const spec = { units: 200 };
  const at = { epoch: 2, batch: 7 };
  const whole = dropoutMask(randomKey(3), at, 5, allUnits(spec), 0.25, 2);
  t.same(whole.subarray(0, 1000), whole.subarray(1000), 'the same for both rows of a pair');
  const kept = whole.filter((value) => value > 0);
  t.ok(Math.abs(kept.length / whole.length - 0.75) < 0.05, `${kept.length} of ${whole.length}`);
  t.ok(kept.every((value) => value === Math.fround(4 / 3)));
  const cut = dropoutMask(randomKey(3), at, 5, { from: 100, to: 200 }, 0.25, 2);
  for (let row = 0; row < 10; row++) {
    t.same(cut.subarray(row * 100, row * 100 + 100), whole.subarray(row * 200 + 100, row * 200 + 200));
  }
  t.notSame(dropoutMask(randomKey(3), { ...at, batch: 8 }, 5, allUnits(spec), 0.25, 2), whole);
  t.end();
});

t.test('rows go in as they are unless something is wanted', (t) => {
  t.notOk(RowPreparation.isNeeded(PLAN));
  t.equal(PLAN.data.classes.length, DIGITS_SPEC.classes.length);
  t.end();
});
