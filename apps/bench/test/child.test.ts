import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { interruptPrograms, isInterrupted, run } from '../src/child.js';

const node = (name: string, script: string): { name: string; program: string; args: string[] } => {
  return { name, program: process.execPath, args: ['-e', script] };
};

/** Whether a process is there and is more than a record that nobody has asked for. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

t.test('a program that fails says how, with the last line of what it complained of', async (t) => {
  const failing = node('failing', 'console.error("first"); console.error("the disk is full"); process.exit(3)');
  await t.rejects(run(failing), { code: 'ERR_BENCH_PROGRAM', message: 'failing: exit code 3: the disk is full' });
  await t.rejects(run({ name: 'none', program: '/no/such/program', args: [] }), { code: 'ERR_BENCH_PROGRAM' });
});

t.test('settings that could decide a comparison stay out of it, and places stay in', async (t) => {
  const set = { LAYERLINE_THREADS: '1', TF_NUM_INTRAOP_THREADS: '1', LAYERLINE_TENSORFLOW: '/tf', UNRELATED: 'yes' };
  t.teardown(() => Object.keys(set).forEach((name) => delete process.env[name]));
  Object.assign(process.env, set);
  const names = JSON.stringify(Object.keys(set));
  const output = await run(node('env', `console.log(${names}.filter((name) => name in process.env).join())`));
  t.equal(output, 'LAYERLINE_TENSORFLOW,UNRELATED\n');
});

// The last one: nothing runs after it.
const skip = process.platform === 'linux' ? false : 'looks at processes in /proc';
t.test('an interruption ends programs that do not listen, with what they have started', { skip }, async (t) => {
  const file = join(t.testdir(), 'pids');
  const deaf = `process.on('SIGINT', () => {}); setInterval(() => {}, 1000);`;
  const script = `${deaf}
    const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(deaf)}], { stdio: 'inherit' });
    require('fs').writeFileSync(${JSON.stringify(file)}, [process.pid, pid, ''].join('\\n'));`;
  const running = run(node('deaf', script));
  while (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length < 3) await delay(10);
  const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  t.same(pids.map(isAlive), [true, true]);
  interruptPrograms();
  await t.rejects(running, { code: 'ERR_BENCH_INTERRUPTED' });
  t.equal(isInterrupted(), true);
  while (pids.some(isAlive)) await delay(10);
  await t.rejects(run(node('late', '')), { code: 'ERR_BENCH_INTERRUPTED' });
});
