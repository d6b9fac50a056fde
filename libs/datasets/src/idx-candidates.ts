import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { idxNameOf } from './idx-name.js';
import { PARTS, type Part } from './sources.js';
import type { Entry, Survey } from './survey.js';

/** The IDX files that belong together by their names and places. */
export interface IdxGroup {
  /** Absolute. The files are in it, or in folders with the names of files in it (Kaggle, 7-Zip). */
  readonly home: string;
  /** See `IdxName`. */
  readonly set: string;
  /** The files that may be each part, the likeliest first. Empty where there is none. */
  readonly candidates: Readonly<Record<Part, readonly string[]>>;
}

interface Candidate {
  readonly part: Part;
  readonly set: string;
  readonly home: string;
  readonly path: string;
  readonly isFile: boolean;
  /** Whether its own name says what it is, and not only that of its folder. */
  readonly isNamed: boolean;
}

/** All that may be IDX files in what was looked through, in the order in which it was. */
export function idxGroups({ root, entries }: Survey): IdxGroup[] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of entries.flatMap((entry) => candidateOf(entry, root))) {
    const key = JSON.stringify([candidate.home, candidate.set.toLowerCase()]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [candidate]);
    else group.push(candidate);
  }
  return [...groups.values()].map((group) => {
    const { home, set } = group[0] as Candidate;
    return { home, set, candidates: byPart((part) => inOrder(group.filter((each) => each.part === part))) };
  });
}

/** One list of files for each part. */
export function byPart(filesOf: (part: Part) => readonly string[]): IdxGroup['candidates'] {
  return Object.fromEntries(PARTS.map((part) => [part, filesOf(part)])) as Record<Part, readonly string[]>;
}

/**
 * The folder that somebody means who gives one of its files, or the folder that one of them was unpacked into: the one that
 * holds them all. Any other path means itself.
 */
export async function folderMeant(path: string): Promise<string> {
  const absolute = resolve(path);
  if (idxNameOf(basename(absolute)) === undefined) return absolute;
  const inside = await readdir(absolute).catch(() => []);
  const parts = new Set(inside.flatMap((name) => idxNameOf(name)?.part ?? []));
  return parts.size > 1 ? absolute : dirname(absolute);
}

function candidateOf({ name, folder, kind }: Entry, root: string): Candidate[] {
  const own = idxNameOf(name);
  // An unpacked file may have any name, as long as its folder still has the right one.
  const is = own ?? (folder === root || kind !== 'file' ? undefined : idxNameOf(basename(folder)));
  if (is === undefined) return [];
  const about = { path: join(folder, name), isFile: kind === 'file', isNamed: own !== undefined };
  return [{ ...is, ...about, home: homeOf(folder, root) }];
}

/** The folder in which the files were before they were unpacked into folders of their own. */
function homeOf(folder: string, root: string): string {
  let home = folder;
  while (home !== root && idxNameOf(basename(home)) !== undefined) home = dirname(home);
  return home;
}

/** Where there is no file at all, whatever has the name: whoever reads it says what is wrong with it. */
function inOrder(candidates: readonly Candidate[]): string[] {
  const files = candidates.filter(({ isFile }) => isFile);
  return (files.length > 0 ? files : [...candidates]).sort(likeliestFirst).map(({ path }) => path);
}

/** One with a name of its own, near the top, with little added to the published name. */
function likeliestFirst(a: Candidate, b: Candidate): number {
  const depth = dirname(a.path).length - dirname(b.path).length;
  const order = Number(b.isNamed) - Number(a.isNamed) || depth || a.path.length - b.path.length;
  return order || (a.path < b.path ? -1 : 1);
}
