import { mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder that must not exist yet, and those above it that are missing.
 * @returns what was made, from the outermost on, for {@link removeFolders}
 * @throws the file system's error, and nothing is left of what was made
 */
export async function makeFolder(path: string): Promise<string[]> {
  const made: string[] = [];
  try {
    await makeMissing(dirname(path), made);
    await mkdir(path);
    return [...made, path];
  } catch (error) {
    await removeFolders(made);
    throw error;
  }
}

/** Makes a folder and those above it as far as they are missing, and waits until all but its own name are on the disk. */
export async function makeFolders(path: string): Promise<void> {
  const innermost = resolve(path);
  // Given a path from the root on, it returns one, too.
  const outermost = await mkdir(innermost, { recursive: true });
  if (outermost === undefined) return;
  for (let made = dirname(innermost); made.length >= outermost.length; made = dirname(made))
    await syncFolder(dirname(made));
}

/** Takes folders away again, from the innermost on, up to one that somebody has put something into. */
export async function removeFolders(made: readonly string[]): Promise<void> {
  try {
    for (const path of made.toReversed()) await rmdir(path);
  } catch {
    // Not ours alone any more.
  }
}

/** Writes a file and waits until it is on the disk. It must not be read before the call has returned. */
export async function writeThrough(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w');
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
export async function replaceFile(path: string, content: string, partial = `${path}.partial`): Promise<void> {
  try {
    await writeThrough(partial, content);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Waits until the names in a folder are on the disk. Windows has no such thing, and does nothing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
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
