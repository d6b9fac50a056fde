import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const WAIT_LIMIT_MS = 180_000;

/**
 * Takes the lock of the file `path`; waits for another holder, at most three minutes. A holder that was killed has lost it
 * within ten seconds.
 * @param {string} path
 * @returns {Promise<() => Promise<void>>} lets go of it
 */
async function acquire(path) {
  // Loaded only here: it patches `fs` and listens for signals, which is not for the program that runs in this process later.
  const { lock } = await import('proper-lockfile');
  mkdirSync(dirname(path), { recursive: true });
  const deadline = performance.now() + WAIT_LIMIT_MS;
  for (;;) {
    try {
      return await lock(path, { realpath: false });
    } catch (error) {
      // Its own `retries` would also retry what cannot get better, such as a folder that is read-only.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ELOCKED') throw error;
    }
    if (performance.now() > deadline)
      throw new Error(`another process has been building for minutes; if it is not, delete ${path}.lock`);
    await sleep(POLL_MS);
  }
}

/**
 * Runs `work` while holding the lock of the file `path`. It must leave the event loop free, which keeps the lock from
 * being taken for that of a dead process.
 * @template T
 * @param {string} path
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  const release = await acquire(path);
  try {
    return await work();
  } finally {
    await release();
  }
}
