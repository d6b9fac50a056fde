import { spawn } from 'node:child_process';

/**
 * @typedef {object} Ran
 * @property {string} file
 * @property {string} tap what it wrote to its standard output
 * @property {string | undefined} exit how it ended, where it ended badly
 * @property {number} seconds
 */

/** From the time at which tap itself ends a file that takes too long to that at which it is killed. */
const GRACE_SECONDS = 15;

/**
 * Runs test files, each in a process of its own. They write to this process's standard error as they like. Without tap's
 * runner, whose loaders for TypeScript and mocks, which compiled tests do not need, take longer than most tests do.
 * @param {string} folder the project's folder, in which the tests run
 * @param {string[]} files relative to `folder`
 * @param {{ timeout: number, jobs: number }} limits seconds for each file, and files at once
 * @returns {Promise<Ran[]>} of those that were begun: after an interrupt no more are
 */
export async function runFiles(folder, files, { timeout, jobs }) {
  const left = [...files];
  /** @type {Ran[]} */
  const all = [];
  const interruption = new AbortController();
  const interrupt = () => {
    left.length = 0;
    interruption.abort();
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM']);
  for (const name of signals) process.on(name, interrupt);
  const runner = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      all.push(await runFile(folder, file, timeout, interruption.signal));
    }
  };
  await Promise.all(Array.from({ length: jobs }, runner));
  for (const name of signals) process.off(name, interrupt);
  return all;
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {number} timeout
 * @param {AbortSignal} interruption
 * @returns {Promise<Ran>}
 */
function runFile(folder, file, timeout, interruption) {
  const start = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: folder,
    env: { ...process.env, TAP_TIMEOUT: `${timeout}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: (timeout + GRACE_SECONDS) * 1000,
    killSignal: 'SIGKILL',
  });
  let tap = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (tap += text));
  const end = () => child.kill('SIGTERM');
  interruption.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      interruption.removeEventListener('abort', end);
      const exit = code === 0 ? undefined : `ended with ${signal === null ? `exit code ${code}` : signal}`;
      resolve({ file, tap, exit, seconds: (performance.now() - start) / 1000 });
    });
  });
}
