import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { readPlainFileSync } from '@layerline/process';
import { StateFolderError } from './errors.js';
import { newSecret } from './secrets.js';

/** Only the user whose process it is may read and write. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** More than any file of this kind: the certificates that systems trust take a quarter of it. */
const MOST_BYTES = 1024 * 1024;
/** What file systems say that have no hard links. */
const WITHOUT_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EINVAL',
]);
const ROOT = 0;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Who owns a file or folder, and what others may do with it. Windows tells neither. */
export type Access = Pick<Stats, 'uid' | 'mode'>;

/**
 * Keeps a secret in a file of its own, where there is none yet; what is there already stays. Of two processes that do so
 * at once, one wins. After a crash the whole of it is there or nothing.
 * @param file in a folder of {@link makeStateFolder}
 * @throws NodeJS.ErrnoException
 */
export function keepOnce(file: string, secret: string): void {
  const partial = `${file}.${newSecret()}`;
  try {
    writeFileSync(partial, secret, { mode: PRIVATE_FILE, flush: true });
    appear(partial, file, secret);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Gives a file a second name. On a file system without hard links it is written again, and a crash may leave a part of it. */
function appear(partial: string, file: string, secret: string): void {
  try {
    linkSync(partial, file);
  } catch (error) {
    if (!WITHOUT_LINKS.has((error as NodeJS.ErrnoException).code)) throw error;
    writeFileSync(file, secret, { mode: PRIVATE_FILE, flag: 'wx', flush: true });
  }
}

/**
 * Makes a folder to keep secrets in, where there is none yet.
 * @throws StateFolderError as {@link checkStateFolder}, NodeJS.ErrnoException where it cannot be made
 */
export function makeStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  checkStateFolder(folder);
}

/**
 * Makes sure that what is kept in a folder was put there by this user or by root.
 * @throws StateFolderError for one that others can write to, NodeJS.ErrnoException for one that is missing
 */
export function checkStateFolder(folder: string): void {
  const access = statSync(folder);
  if (isForeign(access)) {
    throw new StateFolderError(`The folder ${folder} belongs to another user: name one of your own, or remove it`);
  }
  if (isWritableByOthers(access)) {
    throw new StateFolderError(`Others can write to the folder ${folder}: run chmod go-w ${folder}`);
  }
}

/**
 * Reads a token, a key or certificates, and who else can, in one go: the file cannot be replaced in between.
 * @throws NotPlainError, FileTooLargeError, NodeJS.ErrnoException
 */
export function readSecret(file: string): { readonly text: string; readonly access: Access } {
  const { bytes, stats } = readPlainFileSync(file, MOST_BYTES);
  return { text: bytes.toString('utf8'), access: stats };
}

/** Whether it belongs to another user, who can change it whatever its mode. Root could in any case. */
export function isForeign({ uid }: Access): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== ROOT;
}

/** Whether users other than the owner can read or write it. */
export function isOpenToOthers({ mode }: Access): boolean {
  return process.platform !== 'win32' && (mode & OTHERS) !== 0;
}

/** Whether users other than the owner can write it. */
export function isWritableByOthers({ mode }: Access): boolean {
  return process.platform !== 'win32' && (mode & OTHERS_WRITE) !== 0;
}
