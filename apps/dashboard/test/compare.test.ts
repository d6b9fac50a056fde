import t from 'tap';
import { compareConfigs, groupBySeed } from '../src/compare/configs.js';
import { contestsOf, resultOf, sortBy } from '../src/compare/results.js';
import { assignSlots } from '../src/compare/run-colours.js';
import { listRuns } from '../src/compare/run-list.js';

t.test('settings side by side', async (t) => {
  const settings = compareConfigs([
    { seed: 1, layers: [10, 20], placement: { 'layer-1': 'big' } },
    { seed: 2, layers: [10, 20] },
    { seed: 2, layers: [10, 20], port: 1 },
  ]);
  t.strictSame(settings, [
    { key: 'seed', values: ['1', '2', '2'], differs: true, usual: '2' },
    { key: 'layers', values: ['10, 20', '10, 20', '10, 20'], differs: false, usual: '10, 20' },
    { key: 'placement.layer-1', values: ['big', undefined, undefined], differs: true, usual: undefined },
    { key: 'port', values: [undefined, undefined, '1'], differs: true, usual: undefined },
  ]);
});

t.test('runs that differ only in their seeds belong together, whatever the order of their settings', async (t) => {
  const runs = [
    { id: 'a', config: { seed: 1, batch: 10, layers: [5] } },
    { id: 'b', config: { seed: 1, batch: 20, layers: [5] } },
    { id: 'c', config: { layers: [5], batch: 10, seed: 7 } },
    { id: 'd', config: { seed: 1, batch: 10, layers: [5], dataDir: 'x' } },
  ];
  t.strictSame(
    groupBySeed(runs).map((group) => group.map(({ id }) => id)),
    [['a', 'c'], ['b'], ['d']],
  );
});

t.test('a run keeps its colour, and runs side by side differ while there are colours', async (t) => {
  const ids = ['one', 'two', 'three', 'four'];
  const first = assignSlots(ids, {}, 4);
  t.equal(new Set(Object.values(first)).size, 4);
  t.strictSame(assignSlots([...ids].reverse(), first, 4), first, 'whichever order they are in');
  const own = assignSlots(['two'], {}, 4);
  t.strictSame(assignSlots(['two'], {}, 4), own, 'from its id');
  t.equal(assignSlots(['zero', 'two'], own, 4)['two'], own['two'], 'one that comes later makes way');
  const clash = assignSlots(['a', 'b'], { a: 3, b: 3 }, 4);
  t.equal(clash['a'], 3);
  t.not(clash['b'], 3);
  t.equal(Object.keys(assignSlots([...ids, 'five'], {}, 4)).length, 5, 'more runs than colours');
});

t.test('results sort by last or best', async (t) => {
  const [error, , separation] = contestsOf(1);
  t.strictSame([error?.series, error?.best], ['test-error', 'least']);
  t.strictSame([separation?.series, separation?.best], ['layer-2/separation', 'greatest']);
  const points = {
    step: [9],
    at: [0],
    trainSeconds: [0],
    least: [1],
    greatest: [5],
    last: [3],
    count: [2],
    smooth: [],
  };
  t.equal(resultOf(points, 'last', 'least'), 3);
  t.equal(resultOf(points, 'best', 'least'), 1);
  t.equal(resultOf(points, 'best', 'greatest'), 5);
  t.equal(resultOf(undefined, 'best', 'least'), undefined);
  const sort = (descending: boolean): unknown[] => sortBy([3, undefined, 1, 2], (value) => value, descending);
  t.strictSame(sort(false), [1, 2, 3, undefined]);
  t.strictSame(sort(true), [3, 2, 1, undefined]);
});

t.test('all runs can be chosen, newest first', async (t) => {
  const list = {
    runs: [{ id: '20261130-b', state: 'running' }],
    earlier: [
      { id: '20261129-a', state: 'failed' },
      { id: '20261130-c', state: 'died' },
    ],
  };
  t.strictSame(
    listRuns(list as unknown as Parameters<typeof listRuns>[0]).map(({ id }) => id),
    ['20261130-c', '20261130-b', '20261129-a'],
  );
});
