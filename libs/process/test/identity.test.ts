import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import t from 'tap';
import { findProcess, isAlive, processSchema, thisProcess } from '../src/index.js';

t.test('a process is found as long as it is there', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const pid = child.pid ?? 0;
  t.ok(isAlive(pid));
  t.same(findProcess({ pid }), { pid, host: hostname() });
  child.kill('SIGKILL');
  await once(child, 'close');
  t.notOk(isAlive(pid));
  t.equal(findProcess({ pid }), undefined);
  t.same(findProcess({ pid, host: 'another-machine' }), { pid, host: 'another-machine' }, 'nobody here can tell');
});

t.test('a process that got the number of another is not taken for it', { skip: process.platform !== 'linux' }, (t) => {
  const noted = processSchema.parse(JSON.parse(JSON.stringify(thisProcess())));
  t.match(findProcess(noted), { pid: process.pid });
  t.equal(findProcess({ ...noted, born: `${noted.born} later` }), undefined);
  t.end();
});
