import { readFileSync } from 'node:fs';
import { compareEventIds, runEvent } from '@layerline/api';
import type { RunEvent, StreamItem } from '@layerline/api';
import { BEFORE_ALL } from '@layerline/api';
import t from 'tap';
import { follow } from '../src/events/follow.js';
import type { Run } from '../src/run.js';
import { BATCH, begunRun } from './support/cluster.js';
import type { BegunRun } from './support/cluster.js';

const LAYERS = [
  { positive: 2, negative: 1, separation: 0.9 },
  { positive: 1, negative: 1, separation: 0.5 },
];

/** The evaluator reports that training is at a batch. */
function train({ node, tasks }: BegunRun, batch: number): void {
  const trained = { epoch: 1, batch, images: batch * BATCH, trainSeconds: batch };
  const report = { type: 'training', scope: 'interval', layers: LAYERS, ...trained };
  node.event(tasks.at(-1) ?? '', { type: 'report', report });
}

/** Reads on until an item is as wanted. */
async function read(
  items: AsyncIterator<StreamItem, undefined>,
  isLast: (item: StreamItem) => boolean,
): Promise<StreamItem[]> {
  const seen: StreamItem[] = [];
  for (;;) {
    const next = await items.next();
    if (next.done === true) return seen;
    seen.push(next.value);
    if (isLast(next.value)) return seen;
  }
}

const isAt = (batch: number) => (item: StreamItem) => item.type === 'training' && item.batch === batch;

const eventsOf = (items: readonly StreamItem[]): RunEvent[] => items.filter((item) => item.type !== 'run');

/** The events of a run's metrics file. */
function kept({ record }: Run): RunEvent[] {
  const lines = readFileSync(record.folder.metrics, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => runEvent.parse(JSON.parse(line)));
}

/** The run dies and begins another life, with the same node. */
async function dieAndBeginAgain(begun: BegunRun): Promise<BegunRun> {
  const { node, tasks } = begun;
  node.exit(tasks[1] ?? '', null, 'SIGKILL');
  const again = (await node.started(2 * tasks.length)).slice(tasks.length);
  node.begin(again);
  return { ...begun, tasks: again };
}

t.test('a follower is told where the run stands, then what happens, each event numbered in order', async (t) => {
  const begun = await begunRun(t);
  const { run } = begun.run;
  begun.node.begin(begun.tasks);
  train(begun, 1);
  await begun.run.reported('training');
  const items = follow(run);
  train(begun, 2);
  const [head, ...events] = await read(items, isAt(2));
  t.match(head, { type: 'run', id: /^0\.0\.\d+$/, status: { images: BATCH } });
  t.match(head, { type: 'run', plan: { batch: BATCH }, status: { state: 'running', layers: LAYERS, generation: 0 } });
  t.match(events.at(-1), { type: 'training', batch: 2, layers: LAYERS });
  const ids = [head, ...events].map((item) => item?.id ?? '');
  t.ok(
    ids.every((id, index) => index === 0 || compareEventIds(ids[index - 1] ?? '', id) < 0),
    ids.join(' '),
  );
  await items.return(undefined);
});

t.test('a follower that comes back is told what it missed, once, and nothing that it has seen', async (t) => {
  const begun = await begunRun(t);
  const { run } = begun.run;
  begun.node.begin(begun.tasks);
  const first = follow(run);
  train(begun, 1);
  train(begun, 2);
  const seen = await read(first, isAt(2));
  await first.return(undefined);
  train(begun, 3);
  train(begun, 4);
  const meanwhile = follow(run);
  await read(meanwhile, isAt(4));
  const second = follow(run, seen.at(-1)?.id);
  train(begun, 5);
  const missed = await read(second, isAt(5));
  t.equal(missed[0]?.type, 'run', 'where it stands by now comes first');
  const batches = missed.flatMap((item) => (item.type === 'training' ? [item.batch] : []));
  t.same(batches, [3, 4, 5]);
  for (const items of [meanwhile, second]) await items.return(undefined);
});

t.test('a rewind withdraws what followed its step, for those who come back too', async (t) => {
  const begun = await begunRun(t);
  const { run } = begun.run;
  begun.node.begin(begun.tasks);
  const live = follow(run);
  for (const batch of [1, 2, 3]) train(begun, batch);
  const seen = await read(live, isAt(3));
  const again = await dieAndBeginAgain(begun);
  train(again, 1);
  const after = eventsOf(await read(live, isAt(1)));
  t.same(
    after.filter(({ type }) => ['rewound', 'training'].includes(type)).map(({ type }) => type),
    ['rewound', 'training'],
  );
  t.match(
    after.find(({ type }) => type === 'rewound'),
    { step: 0, id: '0.1.1' },
  );
  const missed = eventsOf(await read(follow(run, seen.at(-1)?.id), isAt(1)));
  t.same(missed, kept(run), 'the record is what is left');
  t.same(
    missed.map(({ type }) => type),
    ['rewound', 'training'],
  );
  const all = eventsOf(await read(follow(run, BEFORE_ALL), isAt(1)));
  t.same(all, missed, 'what was withdrawn is told to nobody any more');
  await live.return(undefined);
});

t.test('a run that has ended says so to whoever comes later', async (t) => {
  const { run: followed } = await begunRun(t);
  await followed.abort();
  const items = await read(follow(followed.run), () => false);
  t.match(items, [
    { type: 'run', status: { state: 'ended' } },
    { type: 'ended', end: { error: { message: 'the test is over' } } },
  ]);
});

t.test('a follower that leaves is waited for no more', async (t) => {
  const begun = await begunRun(t);
  const leaving = new AbortController();
  const items = follow(begun.run.run, undefined, leaving.signal);
  await items.next();
  const next = items.next();
  leaving.abort();
  t.same(await next, { done: true, value: undefined });
});
