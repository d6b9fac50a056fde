/** The benchmark as a process of its own, interrupted while the programs that it measures run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Report } from '../../src/report/report.js';

const MAIN = join(import.meta.dirname, '../../src/main.js');
/** A pipeline of a layer has these stages beside the command itself. */
const PROCESSES_OF_A_PIPELINE = 4;

/** Processes that work in a folder or below it. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readlinkSync(`/proc/${entry}/cwd`).startsWith(`${folder}/`);
    } catch {
      // It has ended meanwhile, or is someone else's.
      return false;
    }
  });
}

/** Waits until something is so, however long it takes: tap has the last word. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}

const skip = process.platform === 'linux' ? false : 'looks at processes in /proc';

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  t.test(
    `${signal} ends all programs, and leaves a report of what was measured and nothing else`,
    { skip },
    async (t) => {
      const folder = t.testdir({ temporary: {}, cache: {} });
      const temporary = join(folder, 'temporary');
      const out = join(folder, 'results');
      const options = ['--only', 'peers', '--quick', '--networks', '784-130', '--data', 'digits', '--no-python'];
      const bench = spawn(process.execPath, [MAIN, ...options, '--repeats', '100', '--out', out], {
        env: { ...process.env, TMPDIR: temporary, XDG_CACHE_HOME: join(folder, 'cache') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      t.teardown(() => bench.kill('SIGTERM'));
      const exited = once(bench, 'exit');
      let said = '';
      bench.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      await until(() => said.includes('Layerline, one process (auto threads)') || bench.exitCode !== null);
      await until(() => processesIn(temporary).length >= PROCESSES_OF_A_PIPELINE || bench.exitCode !== null);
      bench.kill(signal);
      t.same(await exited, [exitCode, null], said);
      await until(() => processesIn(temporary).length === 0);
      t.same(readdirSync(temporary), [], 'no temporary folder is left');
      const report = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Report;
      t.equal(report.complete, false);
      t.match(report.comparisons[0]?.entries[0], { name: 'Layerline, one process' });
      t.equal(report.comparisons[0]?.entries[0]?.imagesPerSecond.length, 1);
      t.match(readFileSync(join(out, 'report.md'), 'utf8'), /\*\*Incomplete:\*\*/);
    },
  );
}

t.test('an interruption before anything was measured leaves no report', { skip }, async (t) => {
  const folder = t.testdir({ temporary: {}, cache: {} });
  const temporary = join(folder, 'temporary');
  const out = join(folder, 'results');
  const options = ['--only', 'pipeline', '--quick', '--data', 'digits', '--out', out];
  const bench = spawn(process.execPath, [MAIN, ...options], {
    env: { ...process.env, TMPDIR: temporary, XDG_CACHE_HOME: join(folder, 'cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => bench.kill('SIGTERM'));
  const exited = once(bench, 'exit');
  let said = '';
  bench.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until(() => processesIn(temporary).length > 0 || bench.exitCode !== null);
  bench.kill('SIGINT');
  t.same(await exited, [130, null], said);
  t.match(said, /Nothing was measured/);
  t.notOk(existsSync(out));
  t.same(readdirSync(temporary), []);
});
