import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { FileTooLargeError, NotPlainError, readPlainFile, readPlainFileSync } from '../src/plain-file.js';

t.test('a plain file is read whole, up to the limit', async (t) => {
  const directory = t.testdir({ empty: '', file: 'twelve bytes' });
  t.equal(Buffer.from(await readPlainFile(join(directory, 'file'), 12)).toString(), 'twelve bytes');
  t.equal((await readPlainFile(join(directory, 'empty'), 12)).length, 0);
  await t.rejects(readPlainFile(join(directory, 'file'), 11), new FileTooLargeError(11));
  await t.rejects(readPlainFile(join(directory, 'none'), 12), { code: 'ENOENT' });
  const { bytes, stats } = readPlainFileSync(join(directory, 'file'), 12);
  t.same([bytes.toString(), stats.size], ['twelve bytes', 12]);
  t.equal(readPlainFileSync(join(directory, 'empty'), 12).bytes.length, 0);
  t.throws(() => readPlainFileSync(join(directory, 'file'), 11), new FileTooLargeError(11));
});

const PROC = '/proc/self/status';
t.test('a file that says nothing of its size', { skip: process.platform !== 'linux' && 'no /proc' }, async (t) => {
  t.match(Buffer.from(await readPlainFile(PROC, 1 << 20)).toString(), /^Name:[^]*\nPid:\t\d+\n/);
  await t.rejects(readPlainFile(PROC, 100), new FileTooLargeError(100));
  t.match(readPlainFileSync(PROC, 1 << 20).bytes.toString(), /^Name:[^]*\nPid:\t\d+\n/);
});

t.test('nothing else is opened', { skip: process.platform === 'win32' && 'no such files' }, async (t) => {
  const directory = t.testdir();
  const [pipe, socket] = [join(directory, 'pipe'), join(directory, 'socket')];
  execFileSync('mkfifo', [pipe]);
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  for (const [path, is] of [
    [directory, 'a directory'],
    [pipe, 'a pipe'],
    [socket, 'a socket'],
    ['/dev/zero', 'a device'],
  ] as const) {
    await t.rejects(readPlainFile(path, 1000), new NotPlainError(is), path);
    t.throws(() => readPlainFileSync(path, 1000), new NotPlainError(is), path);
  }
});
