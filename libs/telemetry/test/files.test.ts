import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { JsonLines, openLog } from '../src/index.js';

function linesOf(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8');
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Does something on a file system of 64 KiB with 4 KiB left, where this user may make one. */
async function onFullDisk(t: Test, act: (disk: string) => void | Promise<void>): Promise<void> {
  const disk = t.testdir();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    t.comment('skipped: this user may not mount a small file system here');
    return;
  }
  try {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(60 * 1024));
    await act(disk);
  } finally {
    // Lazily: a log stays open.
    spawnSync('umount', ['--lazy', disk]);
  }
}

t.test('each object is a line, on disk when the call returns', async (t) => {
  const path = join(t.testdir(), 'metrics.jsonl');
  const lines = await JsonLines.open(path);
  t.same(linesOf(path), []);
  const objects = [{ a: 1 }, { text: 'two\nlines', nested: { ü: [null, true] } }, {}, { long: 'x'.repeat(100_000) }];
  for (const [index, object] of objects.entries()) {
    lines.write(object);
    t.strictSame(linesOf(path), objects.slice(0, index + 1));
  }
  lines.close();
  const again = await JsonLines.open(path);
  again.write({ b: 2 });
  again.close();
  t.strictSame(linesOf(path), [...objects, { b: 2 }], 'a file that is there is gone on with');
  t.throws(() => lines.write({}), { code: 'EBADF' });
});

/** Makes a file of JSON lines of all kinds of lengths, many of them beyond what is read at once. */
async function writeLines(path: string, count: number): Promise<void> {
  const lines = await JsonLines.open(path);
  for (let index = 0; index < count; index++) lines.write({ index, text: 'ü'.repeat((index * 7919) % 50_000) });
  t.equal(lines.lines, count);
  lines.close();
}

t.test('a file is cut back to any of its lines, and goes on there', async (t) => {
  const path = join(t.testdir(), 'metrics.jsonl');
  await writeLines(path, 20);
  const all = linesOf(path);
  const lines = await JsonLines.open(path);
  t.equal(lines.lines, 20, 'lines are counted at opening');
  lines.sync();
  for (let count = 20; count >= 0; count--) {
    t.equal(lines.cut(count), count);
    t.equal(lines.lines, count);
    t.strictSame(linesOf(path), all.slice(0, count));
    lines.write({ again: count });
    t.equal(lines.lines, count + 1);
    t.strictSame(linesOf(path), [...all.slice(0, count), { again: count }]);
  }
  for (const count of [1, 2, 1000]) t.equal(lines.cut(count), 1, 'there are no more than these');
  for (const count of [-1, NaN, 0.5, Infinity]) {
    t.throws(() => lines.cut(count), {
      name: 'RangeError',
      message: `${path} cannot be cut back to ${count} lines`,
    });
  }
  t.strictSame(linesOf(path), [{ again: 0 }]);
  lines.close();
});

t.test('a last line that is not whole is cut off, wherever it ends', async (t) => {
  const path = join(t.testdir(), 'metrics.jsonl');
  await writeLines(path, 3);
  const bytes = readFileSync(path);
  const all = linesOf(path);
  const wholeIn = (length: number): number => bytes.subarray(0, length).filter((byte) => byte === 0x0a).length;
  for (let length = bytes.length; length >= 0; length -= length < 300 ? 1 : 997) {
    writeFileSync(path, bytes.subarray(0, length));
    const lines = await JsonLines.open(path);
    t.equal(lines.lines, wholeIn(length));
    t.equal(lines.dropped, length === 0 || bytes[length - 1] === 0x0a ? 0 : 1);
    t.strictSame(linesOf(path), all.slice(0, wholeIn(length)));
    lines.close();
  }
});

t.test('the first line that is damaged goes, with all that follow it, and the file goes on there', async (t) => {
  const [first, second] = ['{"a":1}\n', '{"b":[2]}\n'];
  for (const [damage, dropped] of [
    ['', 0],
    ['{"c":\n', 1],
    ['\n', 1],
    ['3\n', 1],
    ['null\n', 1],
    ['[{}]\n', 1],
    ['{"c":3}{"d":4}\n', 1],
    ['\0\0\0\0\n', 1],
    ['\0'.repeat(100_000), 1],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]), 1],
    ['{"c":\n{"d":4}\n', 2],
    ['junk\n{"d":4}\n{"e":5}\n{"f":', 4],
  ] as const) {
    const path = join(t.testdir(), 'metrics.jsonl');
    writeFileSync(path, Buffer.concat([Buffer.from(first + second), Buffer.from(damage)]));
    const lines = await JsonLines.open(path);
    t.equal(lines.lines, 2);
    t.equal(lines.dropped, dropped, JSON.stringify(String(damage).slice(0, 20)));
    t.equal(lines.cut(3), 2);
    lines.write({ next: true });
    lines.close();
    t.equal(readFileSync(path, 'utf8'), `${first}${second}{"next":true}\n`);
  }
});

t.test(
  'a file that is a link is not opened',
  { skip: process.platform === 'win32' && 'Windows cannot tell' },
  async (t) => {
    const root = t.testdir({ file: 'precious', 'metrics.jsonl': t.fixture('symlink', 'file') });
    await t.rejects(JsonLines.open(join(root, 'metrics.jsonl')), { code: 'ELOOP' });
    t.equal(readFileSync(join(root, 'file'), 'utf8'), 'precious');
  },
);

t.test('a file that cannot be opened is an error', async (t) => {
  const root = t.testdir();
  await t.rejects(JsonLines.open(join(root, 'missing', 'metrics.jsonl')), { code: 'ENOENT' });
  t.throws(() => openLog(join(root, 'missing', 'log.jsonl')), { code: 'ENOENT' });
});

t.test('a line that does not fit on the disk is an error, and no half of it stays', async (t) => {
  await onFullDisk(t, async (disk) => {
    const path = join(disk, 'metrics.jsonl');
    const lines = await JsonLines.open(path);
    lines.write({ a: 1 });
    t.throws(() => lines.write({ long: 'x'.repeat(10_000) }), { code: 'ENOSPC' });
    t.strictSame(linesOf(path), [{ a: 1 }]);
    lines.write({ b: 2 });
    t.strictSame(linesOf(path), [{ a: 1 }, { b: 2 }]);
    t.equal(lines.lines, 2);
    lines.close();
  });
});

t.test('a file that is read in small pieces has the same lines, and is cut back at the same places', async (t) => {
  const path = join(t.testdir(), 'metrics.jsonl');
  const objects = Array.from({ length: 9 }, (_, index) => ({ index, text: 'ü'.repeat(index) }));
  const text = objects.map((object) => `${JSON.stringify(object)}\n`);
  for (const pieceBytes of [1, 2, 3, 7, 64, 1000]) {
    writeFileSync(path, `${text.join('')}{"half":`);
    const seen: object[] = [];
    const offsets: number[] = [];
    const visit = (object: object, offset: number): void => {
      seen.push(object);
      offsets.push(offset);
    };
    const lines = await JsonLines.open(path, { visit, pieceBytes });
    t.match(lines, { lines: 9, dropped: 1 });
    t.strictSame(seen, objects);
    t.strictSame(
      offsets,
      text.map((_, index) => Buffer.byteLength(text.slice(0, index).join(''))),
    );
    for (const count of [9, 8, 5, 1]) {
      t.equal(lines.cut(count), count);
      t.strictSame(linesOf(path), objects.slice(0, count));
    }
    t.equal(lines.write({ next: true }), Buffer.byteLength(text[0] ?? ''), 'where the line begins');
    t.equal(lines.cut(0), 0);
    t.strictSame(linesOf(path), []);
    lines.close();
  }
});

t.test('what is there gets another name, and the file goes on empty', async (t) => {
  const [path, older] = ['metrics.jsonl', 'metrics.1.jsonl'].map((name) => join(t.testdir(), name)) as [string, string];
  const lines = await JsonLines.open(path);
  lines.write({ a: 1 });
  lines.moveTo(older);
  t.equal(lines.lines, 0);
  lines.write({ b: 2 });
  t.equal(lines.cut(1), 1);
  t.strictSame([linesOf(older), linesOf(path)], [[{ a: 1 }], [{ b: 2 }]]);
  lines.close();
});

t.test('a log has time, level and message, and goes on where it ended', (t) => {
  const path = join(t.testdir(), 'log.jsonl');
  openLog(path).info({ stage: 'layer-1' }, 'started');
  t.match(linesOf(path), [{ level: 30, time: /^\d{4}-\d\d-\d\dT.*Z$/, stage: 'layer-1', msg: 'started' }]);
  t.strictSame(Object.keys(linesOf(path)[0] ?? {}), ['level', 'time', 'stage', 'msg'], 'nothing about this machine');
  appendFileSync(path, '{"by":"somebody else"}\n');
  openLog(path).warn('two\nlines');
  t.match(linesOf(path), [{ msg: 'started' }, { by: 'somebody else' }, { level: 40, msg: 'two\nlines' }]);
  t.end();
});

t.test('whoever writes to a log on a full disk is told', async (t) => {
  await onFullDisk(t, (disk) => {
    const log = openLog(join(disk, 'log.jsonl'));
    const fill = (): void => {
      for (let line = 0; line < 100; line++) log.info('x'.repeat(200));
    };
    t.throws(fill, { code: 'ENOSPC' });
  });
});
