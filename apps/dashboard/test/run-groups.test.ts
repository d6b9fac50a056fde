import t from 'tap';
import { differencesOf, groupsOf, summaryOf } from '../src/run-list/run-groups.js';
import { runRowsOf } from '../src/run-list/run-rows.js';
import type { RunRow } from '../src/run-list/run-rows.js';
import { status } from './support/run.js';

/** Rows of runs under way, as they are listed. @param configs by id */
function rowsOf(configs: Readonly<Record<string, Record<string, unknown>>>): readonly RunRow[] {
  const runs = Object.keys(configs).map((id) => status({ id }));
  return runRowsOf({ runs: runs.reverse(), earlier: [], configs });
}

t.test('runs of a group are listed where the first of them is', (t) => {
  const rows = rowsOf({ a: {}, b: {}, c: { group: 'rates' }, d: {}, e: { group: 'rates' }, f: { group: 'widths' } });
  t.same(
    groupsOf(rows).map(({ name, rows }) => [name, rows.map(({ id }) => id).join('')]),
    [
      [undefined, 'ab'],
      ['rates', 'ce'],
      [undefined, 'd'],
      ['widths', 'f'],
    ],
  );
  t.end();
});

t.test('a group says how many of its runs stand where, and the best of their errors', (t) => {
  const runs = [
    status({ id: 'a', images: 2500, imagesInAll: 10_000, trainSeconds: 2, testError: 0.25 }),
    status({ id: 'b', images: 7500, imagesInAll: 10_000, trainSeconds: 3, testError: 0.125 }),
    status({ id: 'c', images: 0, imagesInAll: 10_000, trainSeconds: 0, state: 'paused' }),
  ];
  const old = { id: 'd', folder: '/runs/d', state: 'completed', failure: null, result: null } as const;
  const earlier = [
    { ...old, startedAt: '2026-02-01T00:00:00Z' },
    { ...old, id: 'e', startedAt: '2026-01-01T00:00:00Z' },
  ];
  const summary = summaryOf(runRowsOf({ runs, earlier, configs: {} }));
  t.same(
    summary.standings.map(({ standing, count }) => [standing.word, count]),
    [
      ['Paused', 1],
      ['Training', 2],
      ['Completed', 2],
    ],
  );
  t.match(summary, { done: 0.6, testError: 0.125, trainSeconds: 5, startedAt: '2026-01-01T00:00:00Z' });
  t.match(summaryOf([]), { standings: [], done: undefined, testError: undefined, trainSeconds: 0 });
  t.end();
});

t.test('runs of a group are told apart by the settings that differ', (t) => {
  const common = { group: 'rates', epochs: 3 };
  const rows = rowsOf({
    a: { ...common, learningRate: 0.1, layers: [10, 20], out: '/a' },
    b: { ...common, learningRate: 0.1, layers: [10], out: '/b' },
    c: { ...common, layers: [10] },
  });
  t.same(
    [...differencesOf(rows)],
    [
      ['a', 'learningRate 0.1 · layers 10, 20'],
      ['b', 'learningRate 0.1 · layers 10'],
      ['c', 'layers 10'],
    ],
  );
  t.same([...differencesOf(rows.slice(0, 1))], [['a', '']]);
  t.end();
});
