import { DATASET_NAMES, type Dataset, type DatasetReference } from './dataset.js';
import { generateDigits } from './digits.js';
import { UnknownDatasetError } from './errors.js';
import { readFiles } from './files.js';
import { findFiles } from './find-files.js';
import { SOURCES, type Sources } from './sources.js';

/**
 * Opens exactly the data that a reference names. Files are checked against the published SHA-256 sums each time.
 * @param options.sources what the files must be; the published data sets unless a test supplies its own
 * @throws {IdxError} when a file's structure is broken
 * @throws {DatasetFileError} when a file is missing, unreadable or not the published one
 * @throws {UnknownDatasetError} when the reference, read from elsewhere, names no data set
 */
export async function loadDataset(
  reference: DatasetReference,
  options: { readonly sources?: Sources } = {},
): Promise<Dataset> {
  if (!DATASET_NAMES.includes(reference.name)) throw new UnknownDatasetError(reference.name, DATASET_NAMES);
  if (reference.name === 'digits') return generateDigits(reference.seed);
  const sources = options.sources ?? SOURCES;
  return readFiles(await findFiles(reference.directory, reference.name, sources), reference.name, sources);
}
