import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { unreadable } from './content.js';
import type { DatasetFileError } from './errors.js';

/** How deep folders are searched: `Downloads/archive/MNIST/raw/train-images-idx3-ubyte` is four levels below the first. */
export const MOST_LEVELS = 5;
/** After so many names, no further folder is opened: somebody has named a whole disk. */
export const MOST_ENTRIES = 10_000;

export interface Entry {
  readonly name: string;
  /** Absolute: the folder that it is in. */
  readonly folder: string;
  /** Of what a link leads to. `other` for pipes, devices, and links that lead nowhere. */
  readonly kind: 'file' | 'folder' | 'other';
}

/** What a folder holds, with the folders in it. */
export interface Survey {
  /** Absolute. */
  readonly root: string;
  /** The upper levels first, each folder in the order of its names. */
  readonly entries: readonly Entry[];
  /** Why folders in it could not be opened. */
  readonly unreadable: readonly DatasetFileError[];
  /** Whether there is more below than was looked at. */
  readonly isCutShort: boolean;
}

/** What systems put beside people's files, and what is hidden: macOS leaves a `._train-images…` for each file. */
export function isRubbish(name: string): boolean {
  return name.startsWith('.') || ['__macosx', 'thumbs.db', 'desktop.ini'].includes(name.toLowerCase());
}

/**
 * Looks through a folder and those in it, links included, each once even if links lead round in a circle. Opens no files.
 * @param levels of folders below it
 * @throws {DatasetFileError} when the folder itself cannot be read
 */
export async function survey(path: string, levels = MOST_LEVELS): Promise<Survey> {
  const root = resolve(path);
  const entries: Entry[] = [];
  const refusals: DatasetFileError[] = [];
  const seen = new Set<string>();
  let isCutShort = false;
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      isCutShort ||= depth > levels || entries.length >= MOST_ENTRIES;
      if (isCutShort) break;
      try {
        const real = await realpath(folder);
        if (seen.has(real)) continue;
        seen.add(real);
        const found = await list(folder);
        entries.push(...found);
        below.push(...found.filter(({ kind }) => kind === 'folder').map(({ name }) => join(folder, name)));
      } catch (error) {
        const refusal = unreadable(folder, error);
        if (folder === root) throw refusal;
        refusals.push(refusal);
      }
    }
    level = below;
  }
  return { root, entries, unreadable: refusals, isCutShort };
}

async function list(folder: string): Promise<Entry[]> {
  const names = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isRubbish(name));
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(names.map(async (found) => ({ name: found.name, folder, kind: await kindOf(folder, found) })));
}

async function kindOf(folder: string, found: Dirent): Promise<Entry['kind']> {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  // A link, or a file system that does not say in its listing what is what.
  const about = await stat(join(folder, found.name)).catch(() => undefined);
  if (about?.isFile() === true) return 'file';
  return about?.isDirectory() === true ? 'folder' : 'other';
}
