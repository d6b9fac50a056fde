import { closeSync, mkdirSync, openSync, readFileSync, rmSync, rmdirSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const WAIT_LIMIT_MS = 180_000;
/** No build takes this long: an older lock was left behind, even if its pid now belongs to another process. */
const ABANDONED_AFTER_MS = 600_000;
/** Creating a lock and writing the owner into it are two steps; an ownerless lock older than this never gets one. */
const OWNERLESS_AFTER_MS = 5_000;

/** @typedef {{ pid: number, host: string }} Owner */

/**
 * @param {string} path
 * @returns {number} age in ms, or -1 where the path is gone
 */
function ageOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? -1 : Math.max(0, Date.now() - stats.mtimeMs);
}

/**
 * @param {string} path
 * @returns {Owner | undefined}
 */
function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} path */
function isStale(path) {
  const age = ageOf(path);
  if (age < 0) return false;
  if (age > ABANDONED_AFTER_MS) return true;
  const owner = readOwner(path);
  if (owner === undefined) return age > OWNERLESS_AFTER_MS;
  return owner.host === hostname() && !isAlive(owner.pid);
}

/**
 * Creates `path` with this process as owner.
 * @param {string} path
 * @returns {boolean} false when somebody else holds it
 */
function tryTake(path) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, JSON.stringify({ pid: process.pid, host: hostname() }));
    closeSync(file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a stale lock. A directory beside it admits one remover at a time, so that none removes the lock that
 * another has taken in the meantime.
 * @param {string} path
 */
function removeStale(path) {
  const guard = `${path}.recovery`;
  try {
    mkdirSync(guard);
  } catch {
    if (ageOf(guard) > OWNERLESS_AFTER_MS) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

/**
 * Runs `work` while holding the lock file `path`; waits for another holder, at most three minutes.
 * @template T
 * @param {string} path
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = Date.now() + WAIT_LIMIT_MS;
  while (!tryTake(path)) {
    if (isStale(path)) removeStale(path);
    if (Date.now() > deadline) {
      const owner = readOwner(path);
      const holder = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
      throw new Error(`${holder} has been building for minutes; if it is not, delete ${path}`);
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
