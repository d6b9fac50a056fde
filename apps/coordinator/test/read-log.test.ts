import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LogReader, readLog } from '../src/record/read-log.js';
import { followLog } from '../src/record/follow-log.js';
import { begunRun } from './support/cluster.js';

const LINES = [
  { time: '2026-01-31T00:00:00.000Z', stage: 'layer-1', msg: 'one' },
  { time: '2026-02-01T00:00:00.000Z', msg: 'two' },
  { time: '2026-02-02T00:00:00.000Z', stage: 'layer-1/2', msg: 'three' },
].map((line) => `${JSON.stringify(line)}\n`);

const ONE = { at: '2026-01-31T00:00:00.000Z', stage: 'layer-1', line: 'one' };
const TWO = { at: '2026-02-01T00:00:00.000Z', stage: 'run', line: 'two' };
const THREE = { at: '2026-02-02T00:00:00.000Z', stage: 'layer-1/2', line: 'three' };

t.test('the last lines of a log, of all, of a stage or of all shards of a layer, or since some time', (t) => {
  const log = join(t.testdir(), 'log.jsonl');
  writeFileSync(log, '');
  t.same(new LogReader(log, { lines: 10 }).last(), []);
  writeFileSync(log, LINES.join(''));
  t.same(new LogReader(log, { lines: 2 }).last(), [TWO, THREE]);
  t.same(new LogReader(log, { lines: 10, stage: 'layer-1' }).last(), [ONE, THREE]);
  t.same(new LogReader(log, { lines: 10, stage: 'layer-1/2' }).last(), [THREE]);
  t.same(new LogReader(log, { lines: 10, stage: 'run' }).last(), [TWO]);
  t.same(new LogReader(log, { lines: 10, since: '2026-02-01T00:00:00Z' }).last(), [TWO, THREE]);
  t.end();
});

t.test('what is appended is read from where reading ended, whole lines at a time', (t) => {
  const log = join(t.testdir(), 'log.jsonl');
  const [one = '', two = '', three = ''] = LINES;
  writeFileSync(log, one + two.slice(0, 7));
  const reader = new LogReader(log, { lines: 10 });
  t.same(reader.last(), [ONE]);
  t.same(reader.more(), []);
  appendFileSync(log, two.slice(7) + three);
  t.same(reader.more(), [TWO, THREE]);
  t.same(reader.more(), []);
  t.end();
});

t.test('only the end of a long log is read', (t) => {
  const log = join(t.testdir(), 'log.jsonl');
  writeFileSync(log, LINES[0] as string);
  // With a hole in it, which takes no room on the disk. As much cannot be read at once.
  truncateSync(log, 3 * 2 ** 30);
  appendFileSync(log, `\n${LINES[1]}${LINES[2]}`);
  t.same(new LogReader(log, { lines: 10 }).last(), [TWO, THREE]);
  t.end();
});

t.test('the log of a run is followed until the run has ended', async (t) => {
  const { run } = await begunRun(t);
  const log = followLog(run.run, { lines: 1, stage: 'run' }, new AbortController().signal);
  run.run.record.note('before');
  t.match((await log.next()).value, { stage: 'run', line: /^waiting: / });
  t.match((await log.next()).value, { line: 'before' });
  const next = log.next();
  run.run.events.emit({ type: 'notice', sentence: 'after' });
  t.match((await next).value, { line: 'after' });
  run.run.abort(new Error('it was stopped here'));
  await t.rejects(run.run.ended);
  t.match((await log.next()).value, { line: 'it was stopped here' });
  t.same(await log.next(), { done: true, value: undefined });
});

t.test('a stage that a run has not is refused with those that it has', async (t) => {
  const { run } = await begunRun(t);
  t.throws(() => readLog(run.run, { lines: 1, stage: 'layer-9' }), {
    code: 'ERR_UNKNOWN_STAGE',
    message: `Run ${run.run.id} has no layer-9: it has feeder, layer-1, layer-2, evaluator, run`,
  });
  t.same(readLog(run.run, { lines: 1, stage: 'layer-2', since: '2126-01-01T00:00:00Z' }).last, []);
});
