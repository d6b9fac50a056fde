import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.mjs';
import { fingerprint, hasOutputs } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { buildPage } from './page.mjs';

const READ_ONLY_CODES = new Set(['EROFS', 'EACCES', 'EPERM']);

/**
 * The stamp that says "the product is built", and of which sources.
 * @param {string} root
 */
const stampFile = (root) => join(root, 'node_modules', '.cache', 'layerline', 'built');

/** @param {string} root */
function isFresh(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === fingerprint(root) && hasOutputs(root);
  } catch {
    return false;
  }
}

/**
 * Compiles, bundles the product's programs, and builds the page, under the build lock. The stamp is gone
 * while a build runs and comes back only after a good one, so a failed or killed build is never taken for a finished one.
 * @param {string} root
 * @param {string[]} args for `tsc -b`: the projects to build, and flags
 * @returns {Promise<boolean>}
 */
export function build(root, args) {
  return withLock(stampFile(root), () => compileAndStamp(root, args));
}

/**
 * @param {string} root
 * @param {string[]} args
 */
async function compileAndStamp(root, args) {
  const stamp = stampFile(root);
  const before = fingerprint(root);
  const buildsProduct = args.some((arg) => arg === '.' || arg === 'apps/cli');
  const wasFresh = isFresh(root);
  rmSync(stamp, { force: true });
  if (!(await compile(root, args))) return false;
  if (buildsProduct) {
    // Loaded only here, as it is not needed while everything is fresh.
    const { bundle } = await import('./bundle.mjs');
    const [hasPage] = await Promise.all([buildPage(root), bundle(root)]);
    if (!hasPage) return false;
  }
  if (buildsProduct || wasFresh) writeFileSync(stamp, before);
  return true;
}

/**
 * Builds the product if any of its sources has changed since the last build.
 * @param {string} root
 * @param {(line: string) => void} say is told in one line what is going on, if it takes a while
 * @returns {Promise<boolean>} false if the build failed, which the compiler has then explained on standard error
 */
export async function ensureBuilt(root, say) {
  if (isFresh(root)) return true;
  try {
    return await withLock(stampFile(root), () => {
      if (isFresh(root)) return true;
      say('building (first run or changed sources)…');
      return compileAndStamp(root, ['apps/cli']);
    });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === undefined || !READ_ONLY_CODES.has(code)) throw error;
    if (!hasOutputs(root))
      throw new Error(`${root} is not built and cannot be written to (${code}): build it as its owner`);
    say('the sources differ from the last build, and this folder is read-only: running what was built last');
    return true;
  }
}
