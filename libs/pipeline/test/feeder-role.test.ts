import { PIXELS } from '@layerline/datasets';
import type { PartialRunConfig } from '@layerline/plan';
import { findBlock } from '@layerline/protocol';
import type { Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { FeederRole } from '../src/index.js';
import { numberedRows } from './support/data.js';
import { collect, planOf } from './support/run.js';

const CLASSES = 10;

const TRAIN_ROWS = 50;
const TEST_ROWS = 7;
const DATA = numberedRows(TRAIN_ROWS, TEST_ROWS);
const BATCH = 8;

function feeder(config: PartialRunConfig = {}): FeederRole {
  return new FeederRole(planOf({ batch: BATCH, epochs: 2, observeEvery: 0, ...config }, TRAIN_ROWS), DATA, {
    storeSnapshot: async () => undefined,
  });
}

function rowsOf(frames: readonly Frame[], purpose: Rows['purpose']): Rows[] {
  return frames.filter((frame): frame is Rows => frame.kind === 'rows' && frame.purpose === purpose);
}

const ordersOf = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.kind === 'barrier' ? [frame.order] : []));

/** All numbers of a row: its image's, with its own overlay where the image has zeros. */
function rowAt(rows: Rows, index: number): number[] {
  const [images, overlay] = ['images', 'overlay'].map((name) => findBlock(rows, name, 'f32'));
  if (images === undefined || overlay === undefined) throw new Error('the frame lacks images or overlays');
  const first = (index % images.shape[0]) * PIXELS;
  const covered = images.data.subarray(first, first + CLASSES);
  if (!covered.every((level) => level === 0)) throw new Error(`row ${index} has an image beneath its label`);
  const label = overlay.data.subarray(index * CLASSES, (index + 1) * CLASSES);
  return [...label, ...images.data.subarray(first + CLASSES, first + PIXELS)];
}

/** What a row was made of: its label, and which of the numbered images. */
function readRow(rows: Rows, index: number): { label: number; images: number[]; meanSquare: number } {
  const data = rowAt(rows, index);
  const inked = data.flatMap((level, pixel) => (level > 0 ? [pixel] : []));
  const labels = inked.filter((pixel) => pixel < CLASSES);
  const meanSquare = data.reduce((sum, x) => sum + x * x, 0) / PIXELS;
  return {
    label: labels.length === 1 ? (labels[0] as number) : NaN,
    images: inked.slice(labels.length).map((pixel) => pixel - CLASSES),
    meanSquare,
  };
}

/** The rows of the data set that an epoch's positive rows were made of, in their order. */
function orderOf(frames: readonly Frame[], epoch: number): number[] {
  return rowsOf(frames, 'train')
    .filter((rows) => rows.epoch === epoch)
    .flatMap((rows) => Array.from({ length: rows.positive }, (_, index) => readRow(rows, index).images[0] as number));
}

await t.test('an epoch is a permutation of the rows, cut into whole batches', async (t) => {
  const frames = await collect(feeder().transform());
  for (const epoch of [1, 2]) {
    const order = orderOf(frames, epoch);
    t.equal(order.length, 48, 'six batches of eight');
    t.equal(new Set(order).size, 48, 'no row twice');
    t.ok(order.every((row) => row >= 0 && row < TRAIN_ROWS));
  }
  t.notSame(orderOf(frames, 1), orderOf(frames, 2), 'another order in each epoch');
  t.notSame(
    orderOf(frames, 1),
    [...orderOf(frames, 1)].sort((a, b) => a - b),
    'not that of the data',
  );
  t.same(orderOf(await collect(feeder({ epochs: 1 }).transform()), 1), orderOf(frames, 1), 'whatever follows');
  t.same(orderOf(await collect(feeder({ batch: 16 }).transform()), 1), orderOf(frames, 1), 'and whatever the batch');
  t.notSame(
    orderOf(await collect(feeder({ seed: 6 }).transform()), 1),
    orderOf(frames, 1),
    'but not whatever the seed',
  );
});

await t.test('a negative row is the same image under a label that is not its own', async (t) => {
  const [first] = rowsOf(await collect(feeder().transform()), 'train') as [Rows];
  t.equal(findBlock(first, 'images', 'f32')?.shape[0], BATCH, 'which travels once');
  const frames = rowsOf(await collect(feeder({ epochs: 10 }).transform()), 'train');
  const drawn = new Set<number>();
  for (const rows of frames) {
    t.same([rows.positive, rows.negative, rows.neutral], [BATCH, BATCH, 0]);
    for (let pair = 0; pair < BATCH; pair++) {
      const [positive, negative] = [readRow(rows, pair), readRow(rows, BATCH + pair)];
      const image = positive.images[0] as number;
      if (positive.label !== DATA.train.labels[image]) t.fail(`row ${image} has label ${positive.label}`);
      if (!(negative.label !== positive.label))
        t.fail(`row ${image}: a negative with the true label ${negative.label}`);
      if (Number.isNaN(negative.label) || negative.images.join() !== String(image))
        t.fail(`row ${image}: no such negative`);
      drawn.add(negative.label);
    }
  }
  t.equal(drawn.size, CLASSES, 'every label comes');
});

await t.test('a hybrid negative mixes two images under the label of the first', async (t) => {
  const config = { epochs: 10, objective: 'threshold', negatives: 'hybrid' } as const;
  const frames = rowsOf(await collect(feeder(config).transform()), 'train');
  const mixtures = new Map<number, number>();
  for (const rows of frames) {
    for (let pair = 0; pair < BATCH; pair++) {
      const [positive, negative] = [readRow(rows, pair), readRow(rows, BATCH + pair)];
      const image = positive.images[0] as number;
      if (negative.label !== positive.label) t.fail(`row ${image}: a hybrid with label ${negative.label}`);
      const others = negative.images.filter((other) => other !== image);
      if (others.some((other) => DATA.train.labels[other] === positive.label))
        t.fail(`row ${image}: mixed with its class`);
      mixtures.set(negative.images.length, (mixtures.get(negative.images.length) ?? 0) + 1);
    }
  }
  t.same([...mixtures.keys()].sort(), [0, 1, 2], 'with the ink of none, one or both');
});

await t.test('all rows have mean square 1', async (t) => {
  for (const frame of await collect(feeder().transform())) {
    if (frame.kind !== 'rows') continue;
    for (let row = 0; row < frame.positive + frame.negative + frame.neutral; row++) {
      const { meanSquare } = readRow(frame, row);
      if (!(Math.abs(meanSquare - 1) < 1e-5)) t.fail(`${frame.purpose} row ${row}: ${meanSquare}`);
    }
  }
  t.pass();
});

await t.test('frames depend on the plan alone', async (t) => {
  const plain = (frames: Frame[]): Frame[] =>
    frames.map((frame) => {
      if (frame.kind === 'barrier') return frame;
      const { sentAt: _, ...rest } = frame;
      return rest;
    });
  const [first, second] = [await collect(feeder().transform()), await collect(feeder().transform())];
  t.same(plain(first), plain(second));
  const stamped = rowsOf(first, 'train').map(({ sentAt }) => sentAt !== undefined);
  t.same(stamped, [true, ...stamped.slice(1).map(() => false)], 'the first frame says when it left');
});

await t.test('score rows are the test set under every label, in order', async (t) => {
  const frames = await collect(feeder({ epochs: 1, batch: 20 }).transform());
  const scores = rowsOf(frames, 'score');
  t.same(
    scores.map(({ neutral, batch, epoch, positive, negative }) => [neutral, batch, epoch, positive + negative]),
    [
      [40, 0, 1, 0],
      [30, 1, 1, 0],
    ],
    'four images, then the three that are left',
  );
  const seen = scores.flatMap((rows) =>
    Array.from({ length: rows.neutral }, (_, index) => {
      const { label, images } = readRow(rows, index);
      return [images[0], label];
    }),
  );
  t.same(
    seen,
    [
      [0, 1, 2, 3],
      [4, 5, 6],
    ].flatMap((images) => Array.from({ length: CLASSES }, (_, label) => images.map((image) => [image, label])).flat()),
  );
  t.same(
    scores.flatMap((rows) => [...(findBlock(rows, 'labels', 'u8')?.data ?? [])]),
    [...DATA.test.labels],
  );
});

await t.test('evaluations come as often as the plan says, and at the end', async (t) => {
  const evaluated = async (evalEvery: number): Promise<number[]> => {
    const orders = ordersOf(await collect(feeder({ epochs: 5, evalEvery }).transform()));
    return orders.flatMap((order) => (order.type === 'evaluate' ? [order.epoch] : []));
  };
  t.same(await evaluated(1), [1, 2, 3, 4, 5]);
  t.same(await evaluated(2), [2, 4, 5]);
  t.same(await evaluated(0), [5]);
  t.same(ordersOf(await collect(feeder({ epochs: 2, evalEvery: 0 }).transform())), [
    { type: 'epoch-end', epoch: 1, batches: 6 },
    { type: 'epoch-end', epoch: 2, batches: 6 },
    { type: 'evaluate', epoch: 2 },
    { type: 'evaluated', epoch: 2 },
    { type: 'store-model' },
    { type: 'end', outcome: 'completed' },
  ]);
});

await t.test('a stopped stream ends in order', async (t) => {
  const stopAfter = async (enough: (frame: Frame) => boolean): Promise<Frame[]> => {
    const role = feeder();
    const frames: Frame[] = [];
    for await (const frame of role.transform()) {
      frames.push(frame);
      if (enough(frame)) role.handle({ type: 'stop' });
    }
    return frames;
  };
  const end = [{ type: 'store-model' }, { type: 'end', outcome: 'stopped' }];

  const early = feeder();
  early.handle({ type: 'stop' });
  t.same(ordersOf(await collect(early.transform())), end, 'before it began');

  const within = await stopAfter((frame) => frame.kind === 'rows' && frame.batch === 2);
  t.equal(rowsOf(within, 'train').length, 3, 'no batch more');
  const left = [
    { type: 'snapshot', step: 3 },
    { type: 'epoch-end', epoch: 1, batches: 3 },
  ];
  t.same(ordersOf(within), [...left, ...end], 'within an epoch, from where it can go on');

  const scoring = await stopAfter((frame) => frame.kind === 'rows' && frame.purpose === 'score');
  t.equal(rowsOf(scoring, 'score').length, 1);
  const evaluation = [
    { type: 'epoch-end', epoch: 1, batches: 6 },
    { type: 'evaluate', epoch: 1 },
  ];
  t.same(ordersOf(scoring), [...evaluation, ...end], 'within an evaluation, which is left open');
});
