import type { FileDatasetName } from './dataset.js';
import { DataFormatError, DatasetFileError, IdxError } from './errors.js';
import { readFiles, type GreySets } from './files.js';
import { findFiles, type PublishedPlace } from './find-files.js';
import type { Sources } from './sources.js';

/** Published data, and where it is. */
export interface Published extends GreySets {
  /** Absolute: a folder, or an `.npz`. */
  readonly directory: string;
}

/** Why a place does not hold the published data. */
export interface Problem {
  readonly place: PublishedPlace;
  readonly error: IdxError | DatasetFileError;
}

/**
 * Reads the published data from the first place that holds it, byte for byte.
 * @returns why not, place by place, where none does
 */
export async function tryPlaces(
  places: readonly PublishedPlace[],
  name: FileDatasetName,
  sources: Sources,
): Promise<Published | readonly Problem[]> {
  const problems: Problem[] = [];
  for (const place of places) {
    try {
      return { directory: place.directory, ...(await readFiles(place, name, sources)) };
    } catch (error) {
      problems.push({ place, error: asFileError(error) });
    }
  }
  return problems;
}

export function isPublished(tried: Published | readonly Problem[]): tried is Published {
  return 'directory' in tried;
}

/** What to say where no place holds the data: not that one has another data set, if there is anything else. */
export function mainProblem(problems: readonly Problem[]): Problem {
  return (problems.find(({ error }) => error.code !== 'ERR_DATASET_MISLABELLED') ?? problems[0]) as Problem;
}

/**
 * Finds and reads a published data set.
 * @param path where it is, see `findFiles`
 * @throws {DatasetFileError | IdxError} when files are missing, cannot be read, or are not the published ones
 */
export async function openPublished(path: string, name: FileDatasetName, sources: Sources): Promise<Published> {
  const tried = await tryPlaces(await findFiles(path, name, sources), name, sources);
  if (isPublished(tried)) return tried;
  throw mainProblem(tried).error;
}

function asFileError(error: unknown): IdxError | DatasetFileError {
  if (error instanceof IdxError || error instanceof DatasetFileError) return error;
  if (error instanceof DataFormatError) {
    return new DatasetFileError('ERR_DATASET_UNREADABLE', error.message, { cause: error });
  }
  throw error;
}
