import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './content.js';
import { DataFormatError } from './errors.js';
import type { Format, Place } from './formats/format.js';
import { FORMATS } from './formats/index.js';
import { folderMeant } from './idx-candidates.js';
import { isRubbish, MOST_LEVELS } from './survey.js';

/** Where a path leads, and which format is there. */
export interface FoundPlace {
  readonly place: Place;
  /** Undefined where none is recognized. */
  readonly format: Format | undefined;
}

/**
 * Looks at a path and, as long as no format is recognized there and a folder holds one folder only, at that: archives are
 * unpacked into folders of their own name.
 * @returns the first place whose format is recognized, else the path's own
 * @throws {DatasetFileError} for what cannot be read
 */
export async function foundPlace(path: string): Promise<FoundPlace> {
  const top = await placeOf(await folderMeant(path));
  let place: Place | undefined = top;
  for (let depth = 0; place !== undefined && depth <= MOST_LEVELS; depth++) {
    for (const format of FORMATS) if (await format.recognizes(place)) return { place, format };
    place = await onlyFolderIn(place);
  }
  return { place: top, format: undefined };
}

/**
 * {@link foundPlace} where there has to be data.
 * @throws {DataFormatError} where the path leads to nothing that can be learned from
 * @throws {DatasetFileError} for what cannot be read
 */
export async function openablePlace(path: string): Promise<{ place: Place; format: Format }> {
  const { place, format } = await foundPlace(path);
  if (format !== undefined) return { place, format };
  const known = FORMATS.map(({ summary }) => summary).join('; ');
  throw new DataFormatError(place.path, undefined, `is no data set that is known. What is: ${known}`);
}

async function placeOf(path: string): Promise<Place> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const entries = isFolder ? (await readdir(path)).filter((name) => !isRubbish(name)).sort() : undefined;
    return { path, entries };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function onlyFolderIn({ path, entries = [] }: Place): Promise<Place | undefined> {
  const below = await Promise.all(entries.map((entry) => stat(join(path, entry)).catch(() => undefined)));
  const folders = entries.filter((_, index) => below[index]?.isDirectory());
  const [only, another] = folders;
  return only === undefined || another !== undefined ? undefined : placeOf(join(path, only));
}
