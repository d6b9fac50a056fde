import type { RunSummary } from '@layerline/api';
import t from 'tap';
import { withItem } from '../src/data/run-state.js';
import { eventRowsOf } from '../src/run/event-rows.js';
import { layerRowsOf, spreadsOf } from '../src/run/layer-rows.js';
import { settingsOf } from '../src/run/settings.js';
import { networkOf, shareDone, standingOf } from '../src/run/standing.js';
import { runRowsOf } from '../src/run-list/run-rows.js';
import { evaluation, head, status } from './support/run.js';

const EARLIER: RunSummary = {
  id: 'old',
  folder: '/runs/old',
  state: 'completed',
  startedAt: '2026-01-01T00:00:00Z',
  failure: null,
  result: null,
};

t.test('runs under way come first, then the newest', async (t) => {
  const rows = runRowsOf({
    runs: [status({ id: 'ended', state: 'ended' }), status({ id: 'going' })],
    earlier: [EARLIER, { ...EARLIER, id: 'newer', startedAt: '2026-02-01T00:00:00Z' }, { ...EARLIER, id: 'ended' }],
    configs: {},
  });
  t.same(
    rows.map(({ id }) => id),
    ['going', 'ended', 'newer', 'old'],
    'and each once',
  );
});

t.test('a run in the list says how far it is', async (t) => {
  const [row] = runRowsOf({
    runs: [status({ images: 2500, imagesInAll: 10_000, trainSeconds: 5 })],
    earlier: [],
    configs: {},
  });
  t.match(row, { done: 0.25, secondsLeft: 15, network: '10×2' });
  const [fresh] = runRowsOf({ runs: [status({ images: 0, trainSeconds: 0 })], earlier: [], configs: {} });
  t.match(fresh, { done: 0, secondsLeft: undefined });
  const paused = status({ state: 'paused', images: 2500, imagesInAll: 10_000, trainSeconds: 5 });
  const [waiting] = runRowsOf({ runs: [paused], earlier: [], configs: {} });
  t.match(waiting, { done: 0.25, secondsLeft: undefined }, 'and nothing of when it ends, in a pause');
});

t.test('takes from the result of an earlier run what is a number', async (t) => {
  const earlier = [{ ...EARLIER, result: { testError: 0.1, trainSeconds: 'long' } }];
  const [row] = runRowsOf({ runs: [], earlier, configs: { old: { layers: [500, 500], group: 'rates' } } });
  t.match(row, { testError: 0.1, trainSeconds: undefined, network: '500×2', group: 'rates' });
  const [damaged] = runRowsOf({ runs: [], earlier, configs: { old: { layers: 'two', group: 7 } } });
  t.match(damaged, { network: undefined, group: undefined });
});

t.test('names networks and states', async (t) => {
  t.equal(networkOf([1000, 1000, 500], 784), '784–1000×2–500');
  t.equal(standingOf({ state: 'ended', end: { error: { code: 'E', message: 'm' } } }).word, 'Failed');
  t.equal(shareDone({ images: 5, imagesInAll: 0 }), 0);
});

t.test('events in the order of their ids, newest first', async (t) => {
  const at = '2026-01-01T00:00:00.000Z';
  const rows = eventRowsOf({
    history: [
      { id: '1.0.2', at, type: 'state', state: 'running' },
      { id: '1.1.1', at, type: 'rewound', step: 0 },
    ],
    evaluations: [evaluation('1.0.10', 100, 0.25)],
  });
  t.same(
    rows.map(({ id }) => id),
    ['1.1.1', '1.0.10', '1.0.2'],
  );
  t.match(rows[1]?.sentence, /25\.00/);
});

t.test('a layer is known by its last report until it is observed, and by its last evaluation', async (t) => {
  const goodness = { positive: 2, negative: 1, separation: 0.9 };
  const state = [head('1.0.1', { layers: [goodness, null] }), evaluation('1.0.2', 100, 0.25)].reduce<
    ReturnType<typeof withItem>
  >(withItem, undefined);
  const [first, second] = state === undefined ? [] : layerRowsOf(state);
  t.match(first, { stage: 'layer-1', goodness, observed: undefined, testError: 0.5 });
  t.match(second, { stage: 'layer-2', goodness: undefined, testError: 0.25 });
});

t.test('spreads of positive and negative rows share a scale', async (t) => {
  const summary = (deciles: number[]) => ({
    count: 1,
    mean: 0,
    deviation: 0,
    deciles,
    histogram: { first: 0, counts: [] },
  });
  const [positive, negative] = spreadsOf(summary([2, 2, 2, 2, 3, 3, 3, 3, 4]), summary([0, 0, 0, 0, 1, 1, 1, 1, 2]));
  t.same(positive, { from: 0.5, median: 0.75, to: 1 });
  t.same(negative, { from: 0, median: 0.25, to: 0.5 });
  t.same(
    spreadsOf(summary([]), summary([])).map(({ to }) => to),
    [0, 0],
  );
});

t.test('settings of any depth, in their order', async (t) => {
  t.same(settingsOf({ layers: [1, 2], engine: { name: 'onnx', spinning: false }, dataDir: undefined }), [
    { name: 'layers', value: '1, 2' },
    { name: 'engine.name', value: 'onnx' },
    { name: 'engine.spinning', value: 'no' },
  ]);
});

t.test('going back to where a change has held the run is no event of its own', async (t) => {
  const at = '2026-01-31T12:00:00.000Z';
  const topology = { revision: 1, shards: [2, 1], threads: 1 };
  const rows = eventRowsOf({
    evaluations: [],
    history: [
      { type: 'state', id: '0.0.1', at, state: 'recovering' },
      { type: 'rewound', id: '0.1.1', at, step: 60 },
      { type: 'state', id: '0.1.2', at, state: 'running' },
      { type: 'state', id: '0.1.3', at, state: 'reshaping' },
      { type: 'rewound', id: '0.2.1', at, step: 80 },
      { type: 'revised', id: '0.2.2', at, topology },
    ],
  });
  t.same(
    rows.map(({ sentence }) => sentence),
    [
      'Shards by layer are now 2, 1',
      'Its stages are being changed',
      'Frames flow',
      'Went back to batch 60',
      'Recovers from a failure',
    ],
  );
});
