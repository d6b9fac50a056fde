import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { newSecret } from './secrets.js';

/** Only the user whose process it is may read and write. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const OTHERS = 0o077;

/**
 * Keeps a secret in a file of its own, where there is none yet; what is there already stays. Of two processes that do so
 * at once, one wins. After a crash the whole of it is there or nothing.
 * @throws NodeJS.ErrnoException
 */
export function keepOnce(file: string, secret: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
  const partial = `${file}.${newSecret()}`;
  try {
    writeFileSync(partial, secret, { mode: PRIVATE_FILE, flush: true });
    linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Whether users other than the owner can read or write a file of this mode; where modes say so. */
export function isOpenToOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & OTHERS) !== 0;
}
