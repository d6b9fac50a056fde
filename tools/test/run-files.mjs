import { spawn } from 'node:child_process';

/**
 * @typedef {object} Ran
 * @property {string} file
 * @property {string} tap its standard output
 * @property {string | undefined} exit how it ended, if it failed
 * @property {number} seconds
 */

/** How long a file that takes too long has from the time at which tap itself ends it until it is killed. */
const GRACE_SECONDS = 15;

/**
 * Runs test files, each in a process of its own that shares this process's standard error. It does without tap's own
 * runner, whose loaders for TypeScript and mocks take longer than most tests do, and which compiled tests do not need.
 * @param {string} folder the project's folder, in which the tests run
 * @param {string[]} files relative to `folder`
 * @param {{ timeout: number, jobs: number }} limits seconds for each file, and files at once
 * @returns {Promise<Ran[]>} of the files that were started: after an interrupt, no more are
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
