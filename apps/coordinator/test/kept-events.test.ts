import { appendFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BEFORE_ALL } from '@layerline/api';
import type { DurableEvent } from '@layerline/api';
import t from 'tap';
import type { Test } from 'tap';
import { keptEvents } from '../src/record/kept-events.js';

const END = '9.9.9';
/** So many that they are read in several pieces. */
const MANY = 5_000;

function line(sequence: number): string {
  const event = { type: 'rewound', id: `0.0.${sequence}`, at: '2026-01-31T12:00:00.000Z', step: sequence };
  return `${JSON.stringify(event)}\n`;
}

function file(t: Test, content: string): string {
  const path = join(t.testdir(), 'metrics.jsonl');
  writeFileSync(path, content);
  return path;
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

async function sequences(events: AsyncIterable<DurableEvent>): Promise<number[]> {
  const found: number[] = [];
  for await (const { id } of events) found.push(Number(id.split('.')[2]));
  return found;
}

t.test('the events between two ids are read, and what is none of this version is passed over', async (t) => {
  const path = file(t, `{"type":"training","epoch":1}\n${lines(1, 6)}not JSON\n${lines(6, 9)}`);
  const extent = { bytes: statSync(path).size };
  t.same(await sequences(keptEvents(path, extent, BEFORE_ALL, END)), [1, 2, 3, 4, 5, 6, 7, 8]);
  t.same(await sequences(keptEvents(path, extent, '0.0.3', '0.0.7')), [4, 5, 6, 7]);
  t.same(await sequences(keptEvents(path, { bytes: 0 }, BEFORE_ALL, END)), []);
});

t.test('what is written while it is read does not count, and what is withdrawn is told no more', async (t) => {
  const path = file(t, lines(0, MANY));
  const extent = { bytes: statSync(path).size };
  const events = keptEvents(path, extent, BEFORE_ALL, END);
  await events.next();
  appendFileSync(path, line(MANY));
  const kept = Buffer.byteLength(lines(0, MANY / 2));
  truncateSync(path, kept);
  extent.bytes = kept;
  appendFileSync(path, lines(MANY, 2 * MANY));
  const seen = await sequences(events);
  t.ok(
    seen.every((sequence, index) => sequence === index + 2),
    'in order, without a gap',
  );
  t.ok((seen.at(-1) ?? 0) < MANY, 'nothing that came later');
  t.equal(seen.at(-1), MANY / 2 - 1);
});

t.test('in a long file, events are looked for from near the first one, and none is missed', async (t) => {
  const old = '{"type":"training","epoch":1}\n'.repeat(MANY);
  const path = file(t, `${old}${lines(1, MANY)}not JSON\n${lines(MANY, 2 * MANY)}`);
  const extent = { bytes: statSync(path).size };
  for (const after of [0, 1, MANY - 2, MANY - 1, MANY, 2 * MANY - 2]) {
    const found = await sequences(keptEvents(path, extent, `0.0.${after}`, END));
    t.equal(found[0], after + 1, `after ${after}`);
    t.equal(found.length, 2 * MANY - 1 - after);
  }
  t.same(await sequences(keptEvents(path, extent, `0.0.${2 * MANY}`, END)), []);
});
