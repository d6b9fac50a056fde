import type { RunEvent } from '@layerline/api';
import t from 'tap';
import { markOf, placeMarks, withMark } from '../src/charts/marks.js';
import type { Mark } from '../src/charts/marks.js';

const AT = '2026-11-30T10:00:00.000Z';
const PACE = { batch: 10, batchesPerEpoch: 100, startedAt: 0 };
const TIMES = { step: [100, 200], at: [10_000, 20_000], trainSeconds: [10, 20] };

t.test('events leave marks', async (t) => {
  const kinds = (events: RunEvent[]): unknown[] => events.map((event) => markOf(event)?.kind);
  const envelope = { id: '1.1.1', at: AT };
  t.strictSame(
    kinds([
      { type: 'state', ...envelope, state: 'paused' },
      { type: 'state', ...envelope, state: 'recovering' },
      { type: 'state', ...envelope, state: 'running' },
      { type: 'rewound', ...envelope, step: 5 },
      { type: 'snapshot-failed', ...envelope, step: 5, stage: 'layer-1', message: 'disk full' },
      { type: 'notice', ...envelope, sentence: 'hello' },
    ]),
    ['pause', 'fault', undefined, 'rewind', 'fault', undefined],
  );
});

t.test('a rewind takes back the marks of what it has undone', async (t) => {
  const mark = (kind: Mark['kind'], at: number, step?: number): Mark => ({ kind, label: kind, at, step });
  const marks = [
    mark('evaluation', 1, 100),
    mark('snapshot', 2, 150),
    mark('evaluation', 3, 200),
    mark('fault', 4),
    mark('rewind', 5, 150),
    mark('evaluation', 6, 200),
    mark('evaluation', 6, 200),
  ].reduce<readonly Mark[]>(withMark, []);
  t.strictSame(
    marks.map(({ kind, at }) => [kind, at]),
    [
      ['evaluation', 1],
      ['snapshot', 2],
      ['fault', 4],
      ['rewind', 5],
      ['evaluation', 6],
    ],
  );
});

t.test('marks lie at their step, or at the moment', async (t) => {
  const marks: Mark[] = [
    { kind: 'snapshot', label: '', at: 99_000, step: 120 },
    { kind: 'pause', label: '', at: 15_000, step: undefined },
    { kind: 'fault', label: '', at: 1e9, step: undefined },
  ];
  const places = (axis: 'step' | 'wall', range: [number, number]): number[] =>
    placeMarks(marks, axis, PACE, TIMES, range).map(({ place }) => place);
  t.strictSame(places('step', [0, 199]), [120, 150]);
  t.strictSame(places('wall', [0, 50]), [15]);
});

t.test('many marks of a kind are short', async (t) => {
  const many = Array.from({ length: 60 }, (_, at): Mark => ({ kind: 'evaluation', label: '', at, step: at }));
  const placed = placeMarks([...many, { kind: 'fault', label: '', at: 1, step: 30 }], 'step', PACE, TIMES, [0, 100]);
  t.strictSame([...new Set(placed.map(({ kind, short }) => `${kind} ${short}`))].sort(), [
    'evaluation true',
    'fault false',
  ]);
});
