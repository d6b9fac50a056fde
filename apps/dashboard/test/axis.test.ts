import t from 'tap';
import {
  firstAtLeast,
  interpolate,
  nearest,
  placeOfMoment,
  placeOfStep,
  placesOf,
  startOf,
  stepAt,
  X_AXES,
} from '../src/charts/axis.js';

/** Evaluated between steps 200 and 300, which took no training time. */
const TIMES = { step: [100, 200, 300], at: [1_010_000, 1_020_000, 1_050_000], trainSeconds: [10, 20, 30] };
const PACE = { batch: 50, batchesPerEpoch: 400, startedAt: startOf(TIMES) };

t.test('a run began its training time before its first point', async (t) => {
  t.equal(startOf(TIMES), 1_000_000);
  t.equal(startOf({ step: [], at: [], trainSeconds: [] }), 0);
});

t.test('points lie at their places on every axis', async (t) => {
  t.strictSame(placesOf('step', PACE, TIMES), [100, 200, 300]);
  t.strictSame(placesOf('epoch', PACE, TIMES), [0.25, 0.5, 0.75]);
  t.strictSame(placesOf('images', PACE, TIMES), [5000, 10_000, 15_000]);
  t.strictSame(placesOf('wall', PACE, TIMES), [10, 20, 50]);
  t.strictSame(placesOf('training', PACE, TIMES), [10, 20, 30]);
});

t.test('places and steps convert into each other', async (t) => {
  for (const axis of X_AXES) {
    for (const step of [100, 170, 290]) {
      t.ok(Math.abs(stepAt(axis, PACE, TIMES, placeOfStep(axis, PACE, TIMES, step)) - step) < 1e-9, `${axis} ${step}`);
    }
  }
  t.equal(stepAt('wall', PACE, TIMES, 35), 250, 'between points');
  t.equal(stepAt('wall', PACE, TIMES, 1e9), 300, 'beyond the end');
});

t.test('moments lie where the run was then', async (t) => {
  t.equal(placeOfMoment('wall', PACE, TIMES, 1_035_000), 35);
  t.equal(placeOfMoment('step', PACE, TIMES, 1_035_000), 250);
  t.equal(placeOfMoment('training', PACE, TIMES, 1_015_000), 15);
});

t.test('searching sorted values', async (t) => {
  const values = [10, 20, 40];
  t.strictSame(
    [5, 10, 11, 40, 41].map((x) => firstAtLeast(values, x)),
    [0, 0, 1, 2, 3],
  );
  t.strictSame(
    [5, 14, 15, 16, 31, 99].map((x) => nearest(values, x)),
    [0, 0, 0, 1, 2, 2],
  );
  t.equal(nearest([], 3), -1);
  t.equal(interpolate([], [], 3), 0);
});
