import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unreadable } from './content.js';
import type { FileDatasetName } from './dataset.js';
import { DatasetFileError, systemCode } from './errors.js';
import { PARTS, type Part, type Source, type SourceFile, type Sources } from './sources.js';

/** Where the four files of a data set are. */
export interface FoundFiles {
  /** Absolute. They are in it, or each in a folder of its own in it. */
  readonly directory: string;
  readonly paths: Readonly<Record<Part, string>>;
}

/** The names under which a published file is kept: plain or compressed, with a hyphen or a dot before `idx`. */
export function storedNames(file: SourceFile): readonly string[] {
  const dotted = file.name.replace(/-(idx\d-)/, '.$1');
  return [file.name, dotted, `${file.name}.gz`, `${dotted}.gz`];
}

/**
 * Finds the four files of a data set, as those who publish, fetch and unpack them lay them down: in `directory`, in a
 * folder of the data set's name in it, or in `raw` in either (torchvision). There, files have the published names or
 * those with a dot, plain or compressed, or lie in folders of such names (Kaggle, 7-Zip).
 * @throws {DatasetFileError} when the directory cannot be read or files are missing
 */
export async function findFiles(directory: string, name: FileDatasetName, sources: Sources): Promise<FoundFiles> {
  const root = resolve(directory);
  const source = sources[name];
  const candidates = await Promise.all((await foldersOf(root, name)).map((folder) => lookIn(folder, source)));
  // A folder counts only where it holds at least one of the files, and one with all of them before all others.
  const looked =
    candidates.find(({ paths }) => paths.size === PARTS.length) ?? candidates.find(({ paths }) => paths.size > 0);
  if (looked === undefined) {
    const names = PARTS.map((part) => source.files[part].name).join(', ');
    const needed = `${names} are needed, plain or .gz, there or in a folder ${name}`;
    throw new DatasetFileError('ERR_DATASET_MISSING', `${root} holds no files of ${source.title}: ${needed}`);
  }
  const missing = PARTS.filter((part) => !looked.paths.has(part)).map((part) => source.files[part].name);
  if (missing.length > 0) {
    const message = `${looked.directory} lacks ${missing.join(' and ')} of ${source.title} (plain or .gz)`;
    throw new DatasetFileError('ERR_DATASET_INCOMPLETE', message);
  }
  return { directory: looked.directory, paths: Object.fromEntries(looked.paths) as Record<Part, string> };
}

/** The folders that may hold a data set's files, those of its own name first, however that is written. */
async function foldersOf(root: string, name: FileDatasetName): Promise<string[]> {
  const named = (await list(root)).filter((entry) => plainLetters(entry) === plainLetters(name));
  const tops = [
    ...named.sort((a, b) => Number(b === name) - Number(a === name)).map((entry) => join(root, entry)),
    root,
  ];
  return tops.flatMap((folder) => [folder, join(folder, 'raw')]);
}

/** `Fashion-MNIST`, `FashionMNIST` and `fashion_mnist` are one name. */
function plainLetters(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

interface Looked {
  readonly directory: string;
  readonly paths: ReadonlyMap<Part, string>;
}

/** What a folder holds of a data set: nothing where there is no such folder. */
async function lookIn(directory: string, source: Source): Promise<Looked> {
  const entries = await list(directory).catch((error: unknown) => {
    const cause = error instanceof DatasetFileError ? systemCode(error.cause) : undefined;
    if (cause === 'ENOENT' || cause === 'ENOTDIR') return [];
    throw error;
  });
  const paths = new Map<Part, string>();
  for (const part of PARTS) {
    const path = await locate(directory, entries, storedNames(source.files[part]));
    if (path !== undefined) paths.set(part, path);
  }
  return { directory, paths };
}

/**
 * The plain file that has one of these names, else one in a folder that has. Where there is neither, whatever has the name:
 * whoever reads it says what is wrong with it.
 */
async function locate(
  directory: string,
  entries: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  const found = named(directory, entries, names);
  const kinds = await Promise.all(found.map((path) => stat(path).catch(() => undefined)));
  const plain = found.find((_, index) => kinds[index]?.isFile());
  if (plain !== undefined) return plain;
  for (const folder of found.filter((_, index) => kinds[index]?.isDirectory())) {
    for (const path of named(folder, await list(folder), names)) {
      if ((await stat(path).catch(() => undefined))?.isFile()) return path;
    }
  }
  return found[0];
}

/** The paths of the entries that have one of these names, in the order of the names; capitals make no difference. */
function named(directory: string, entries: readonly string[], names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const entry = entries.find((exact) => exact === name) ?? entries.find((other) => other.toLowerCase() === name);
    return entry === undefined ? [] : [join(directory, entry)];
  });
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    throw unreadable(directory, error);
  });
}
