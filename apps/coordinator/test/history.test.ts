import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent } from '@layerline/api';
import t from 'tap';
import { History, readHistory } from '../src/record/history.js';

function notice(sequence: number): HistoryEvent {
  return { type: 'notice', id: `0.0.${sequence}`, at: '2026-01-31T12:00:00.000Z', sentence: `the ${sequence}th` };
}

const notices = (from: number, to: number): HistoryEvent[] =>
  Array.from({ length: to - from }, (_, index) => notice(from + index));

t.test('the history goes on where it was, whatever a crash has left of its last line', async (t) => {
  const path = join(t.testdir(), 'history.jsonl');
  const first = await History.open(path);
  for (const event of notices(0, 3)) first.add(event);
  first.close();
  appendFileSync(path, '{"type":"notice","id":"0.0.3","at":"2026-');
  t.strictSame((await readHistory(path)).newest, notices(0, 3));
  const second = await History.open(path);
  t.strictSame(second.newest, notices(0, 3));
  second.add(notice(4));
  second.close();
  t.strictSame((await readHistory(path)).newest, [...notices(0, 3), notice(4)]);
});

t.test('the newest thousand are told', async (t) => {
  const path = join(t.testdir(), 'history.jsonl');
  const history = await History.open(path);
  for (const event of notices(0, 3500)) history.add(event);
  history.close();
  t.strictSame(history.newest, notices(2500, 3500));
  t.strictSame((await readHistory(path)).newest, notices(2500, 3500));
});

t.test('of a very long history, the oldest goes', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'history.jsonl');
  const history = await History.open(path, 10);
  for (const event of notices(0, 34)) history.add(event);
  history.close();
  t.strictSame((await readHistory(path)).newest, notices(20, 34));
  t.same(readdirSync(folder).sort(), ['history.1.jsonl', 'history.jsonl']);
  t.strictSame((await History.open(path, 10)).newest, notices(20, 34));
});
