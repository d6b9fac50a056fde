import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readLog } from '../src/record/read-log.js';

const LINES = [
  { time: '2026-01-31', stage: 'layer-1', msg: 'one' },
  { time: '2026-02-01', msg: 'two' },
  { time: '2026-02-02', stage: 'layer-1', msg: 'three' },
].map((line) => `${JSON.stringify(line)}\n`);

const ONE = { at: '2026-01-31', stage: 'layer-1', line: 'one' };
const TWO = { at: '2026-02-01', stage: 'run', line: 'two' };
const THREE = { at: '2026-02-02', stage: 'layer-1', line: 'three' };

t.test('the last lines of a log, of all or of one stage', (t) => {
  const log = join(t.testdir(), 'log.jsonl');
  writeFileSync(log, '');
  t.same(readLog(log, undefined, 10), []);
  writeFileSync(log, LINES.join(''));
  t.same(readLog(log, undefined, 2), [TWO, THREE]);
  t.same(readLog(log, 'layer-1', 10), [ONE, THREE]);
  t.end();
});

t.test('only the end of a long log is read', (t) => {
  const log = join(t.testdir(), 'log.jsonl');
  writeFileSync(log, LINES[0] as string);
  // With a hole in it, which takes no room on the disk. As much cannot be read at once.
  truncateSync(log, 3 * 2 ** 30);
  appendFileSync(log, `\n${LINES[1]}${LINES[2]}`);
  t.same(readLog(log, undefined, 10), [TWO, THREE]);
  t.end();
});
