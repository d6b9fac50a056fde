import { basename, extname, join, relative, sep } from 'node:path';
import { stat } from 'node:fs/promises';
import type { FileDatasetName } from './dataset.js';
import { DatasetFileError } from './errors.js';
import { byPart, folderMeant, idxGroups, type IdxGroup } from './idx-candidates.js';
import { plainLetters } from './idx-name.js';
import { PARTS, type Part, type Source, type SourceFile, type Sources } from './sources.js';
import { MOST_ENTRIES, survey, type Survey } from './survey.js';

/** Where a whole data set may be. */
export type PublishedPlace =
  | {
      /** Absolute: the folder that holds the files. */
      readonly directory: string;
      /** The files that may be each part, the likeliest first. */
      readonly candidates: Readonly<Record<Part, readonly string[]>>;
    }
  | {
      /** Absolute: the one file with all arrays, as Keras keeps it. */
      readonly directory: string;
      readonly candidates?: undefined;
    };

/** What browsers and desktops add to the names of copies. */
const COPY = /(?:[-_ ]*\(\d+\)|[-_ ]+copy)+$/i;
const ARCHIVE = /\.(?:zip|7z|rar|tar|tgz|tar\.gz)$/i;

/** The names under which a published file is kept: plain or compressed, with a hyphen or a dot before `idx`. */
export function storedNames(file: SourceFile): readonly string[] {
  const dotted = file.name.replace(/-(idx\d-)/, '.$1');
  return [file.name, dotted, `${file.name}.gz`, `${dotted}.gz`];
}

/**
 * Finds where a data set may be, as those who publish, fetch, unpack and copy it lay it down: in a folder or those in it
 * (torchvision, Keras, archives), each file plain or compressed, there or in a folder of its own name (Kaggle, 7-Zip); or all
 * arrays in one `.npz`. Names only say where to look; what is in the files decides.
 * @param path a folder, one of the files, or an `.npz`
 * @returns every place that holds all parts, the likeliest first: folders with the data set's name, then the upper ones. At
 * least one
 * @throws {DatasetFileError} when the folder cannot be read or files are missing
 */
export async function findFiles(path: string, name: FileDatasetName, sources: Sources): Promise<PublishedPlace[]> {
  const root = await folderMeant(path);
  const isFile = await stat(root).then(
    (about) => about.isFile(),
    () => false,
  );
  if (isFile && isArrays(root)) return [{ directory: root }];
  if (isFile) throw notAFolder(root, sources[name]);
  return placesIn(await survey(root), name, sources);
}

function placesIn(seen: Survey, name: FileDatasetName, sources: Sources): PublishedPlace[] {
  const groups = groupsOf(seen, name, sources);
  const whole = groups.filter(({ candidates }) => missingIn(candidates).length === 0);
  const places = [
    ...whole.map(({ home, candidates }) => ({ directory: home, candidates })),
    ...arraysOf(seen, name).map((directory) => ({ directory })),
  ];
  if (places.length > 0) return places.sort(likeliestFirst(seen, name, sources));
  const [first, ...others] = groups;
  if (first === undefined) throw missing(seen, name, sources);
  // Each part in a folder of its own, whatever that is called.
  const directory = others.length === 0 ? first.home : seen.root;
  const candidates = byPart((part) => groups.flatMap((group) => group.candidates[part]));
  const lacking = missingIn(candidates);
  if (lacking.length === 0) return [{ directory, candidates }];
  const { files, title } = sources[name];
  const names = lacking.map((part) => files[part].name).join(' and ');
  const message = `${directory} lacks ${names} of ${title} (plain or .gz)${notSeen(seen)}`;
  throw new DatasetFileError('ERR_DATASET_INCOMPLETE', message);
}

function missingIn(candidates: IdxGroup['candidates']): Part[] {
  return PARTS.filter((part) => candidates[part].length === 0);
}

/** Those that may be of this data set: not in a folder, or after a word, that is the name of another. */
function groupsOf(seen: Survey, name: FileDatasetName, sources: Sources): IdxGroup[] {
  return idxGroups(seen).filter(({ home, set }) => {
    const isOurs = set === '' || plainLetters(set) === plainLetters(name);
    return isOurs && [undefined, name].includes(namedIn(seen.root, home, sources));
  });
}

/** The files of arrays that are called like the data set, as Keras calls them. */
function arraysOf({ entries }: Survey, name: FileDatasetName): string[] {
  return entries.flatMap((entry) => {
    const stem = basename(entry.name, extname(entry.name)).replace(COPY, '');
    const isIt = entry.kind === 'file' && isArrays(entry.name) && plainLetters(stem) === plainLetters(name);
    return isIt ? [join(entry.folder, entry.name)] : [];
  });
}

function isArrays(name: string): boolean {
  return extname(name).toLowerCase() === '.npz';
}

function likeliestFirst(
  { root }: Survey,
  name: FileDatasetName,
  sources: Sources,
): (a: PublishedPlace, b: PublishedPlace) => number {
  const isNamed = (path: string): number => Number(namedIn(root, path, sources) === name);
  const depth = (path: string): number => (path === root ? 0 : relative(root, path).split(sep).length);
  return ({ directory: a }, { directory: b }) => isNamed(b) - isNamed(a) || depth(a) - depth(b) || (a < b ? -1 : 1);
}

/** The data set whose name the innermost of the folders below the root has that have one, however that is written. */
function namedIn(root: string, path: string, sources: Sources): FileDatasetName | undefined {
  const names = Object.keys(sources) as FileDatasetName[];
  const folders = relative(root, path).split(sep).map(plainLetters);
  return folders.map((folder) => names.find((name) => plainLetters(name) === folder)).findLast(Boolean);
}

function missing(seen: Survey, name: FileDatasetName, sources: Sources): DatasetFileError {
  const { title, files }: Source = sources[name];
  const names = PARTS.map((part) => files[part].name).join(', ');
  const needed = `${names} are needed, plain or .gz, or ${name}.npz, there or in folders in it`;
  const archive = seen.entries.find((entry) => entry.folder === seen.root && ARCHIVE.test(entry.name))?.name;
  const advice = archive === undefined ? '' : `. If they are in ${archive}, unpack it`;
  const message = `${seen.root} holds no files of ${title}: ${needed}${notSeen(seen)}${advice}`;
  return new DatasetFileError('ERR_DATASET_MISSING', message);
}

function notAFolder(path: string, { title }: Source): DatasetFileError {
  const advice = ARCHIVE.test(path) ? 'unpack it, and give the folder' : 'give the folder';
  return new DatasetFileError(
    'ERR_DATASET_UNREADABLE',
    `${path} is a file: ${advice} that holds the files of ${title}`,
  );
}

/** Why there may be more than was found. */
function notSeen({ unreadable, isCutShort }: Survey): string {
  const refusal = unreadable[0] === undefined ? '' : `. ${unreadable[0].message}`;
  const most = MOST_ENTRIES.toLocaleString('en');
  return isCutShort ? `${refusal}. Not all of it was searched: it is too deep or has over ${most} names` : refusal;
}
