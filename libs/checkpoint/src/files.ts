import { lstat, mkdir, open, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readPlainFile } from '@layerline/process';
import { UnsafePathError } from './errors.js';

/** Of folders that are written to: nobody else can plant anything in them, whatever the umask. */
const FOLDER_MODE = 0o755;
/** A config with its plan, the largest record of a run, takes some tens of KiB. */
const MOST_RECORD_BYTES = 1024 * 1024;

/** What file systems say that cannot wait for a folder. */
const CANNOT_SYNC: ReadonlySet<string | undefined> = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
  'EBADF',
]);

/**
 * Reads a record in JSON. @param mostBytes that it may have @throws NotPlainError, FileTooLargeError, SyntaxError,
 * NodeJS.ErrnoException
 */
export async function readJson(path: string, mostBytes = MOST_RECORD_BYTES): Promise<unknown> {
  return JSON.parse(Buffer.from(await readPlainFile(path, mostBytes)).toString()) as unknown;
}

/**
 * Makes a folder that must not exist yet, and those above it that are missing.
 * @returns what was made, from the outermost on, for {@link removeFolders}
 * @throws the file system's error, and nothing is left of what was made
 */
export async function makeFolder(path: string): Promise<string[]> {
  const made: string[] = [];
  try {
    await makeMissing(dirname(path), made);
    await mkdir(path, FOLDER_MODE);
    return [...made, path];
  } catch (error) {
    await removeFolders(made);
    throw error;
  }
}

/**
 * Makes a folder to write to, and those above it, as far as they are missing, and waits until all but its own name are on
 * the disk.
 * @throws UnsafePathError as {@link checkFolder}, for one that is there; the file system's error
 */
export async function ensureFolder(path: string): Promise<void> {
  const innermost = resolve(path);
  const parent = dirname(innermost);
  // Given a path from the root on, it returns one, too.
  const outermost = await mkdir(parent, { recursive: true });
  try {
    await mkdir(innermost, FOLDER_MODE);
  } catch (error) {
    await checkFolder(innermost);
    if (!(await isFolder(innermost))) throw error;
  }
  if (outermost === undefined) return;
  for (let made = parent; made.length >= outermost.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Makes sure that a folder, if it is there, is this user's own and no link. In one that others can write to, they may have
 * put another in its place. Windows does not tell whose it is.
 * @throws UnsafePathError
 */
export async function checkFolder(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw new UnsafePathError(path, 'is a link');
  const user = process.geteuid?.();
  if (user !== undefined && found.uid !== user) throw new UnsafePathError(path, 'belongs to another user');
}

/**
 * Removes something, and all that is in it, from a folder. A link is removed, not followed.
 * @throws UnsafePathError where the folder is not safe, as {@link checkFolder}; the file system's error
 */
export async function removeTree(path: string): Promise<void> {
  await checkFolder(dirname(path));
  // A coordinator that has just been fenced off may still be at work on it: a folder that fills up meanwhile is tried again.
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Takes folders away again, from the innermost on, up to one that somebody has put something into. */
export async function removeFolders(made: readonly string[]): Promise<void> {
  try {
    for (const path of made.toReversed()) await rmdir(path);
  } catch {
    // Not ours alone any more.
  }
}

/**
 * Writes a file and waits until it is on the disk. It must not be read before the call has returned. What is there under
 * its name is not written to, as it may be a link to another file: it goes, and a new file is made (`O_EXCL`).
 */
export async function writeThrough(path: string, content: string | Uint8Array): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Puts a file in the place of another: whoever reads it finds the old content or the new, even after a power cut.
 * @param partial where it is written first, on the same file system
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  partial = `${path}.partial`,
): Promise<void> {
  try {
    await writeThrough(partial, content);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Waits until the names in a folder are on the disk. Windows cannot do that, nor can some network file systems and some in user
 * space (CIFS, FUSE): there it does nothing.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!CANNOT_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    await folder.close();
  }
}

/** Makes a folder and those above it, as far as they are missing, and adds what it made to `made`. */
async function makeMissing(path: string, made: string[]): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeMissing(dirname(path), made);
  try {
    await mkdir(path);
    made.push(path);
  } catch (error) {
    // Somebody else may have made it in between.
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
