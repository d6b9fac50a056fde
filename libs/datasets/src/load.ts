import type { DataSpec, Dataset, DatasetReference, SplitSettings } from './dataset.js';
import { CLOTHES_SPEC, DIGITS_SPEC } from './dataset.js';
import type { Content } from './content-hash.js';
import { generateDigits } from './digits.js';
import { DatasetFileError, UnknownDatasetError } from './errors.js';
import { openPath } from './open-path.js';
import { openPublished } from './published.js';
import { fileDatasetOf } from './resolve.js';
import { SOURCES, type Sources } from './sources.js';
import { holdOut, splitShare } from './split.js';

/** Where nothing is held out, and the test set is the data's own. */
export const NO_SPLIT: SplitSettings = { testShare: 0.2, validation: 0, splitSeed: 1 };

export interface LoadOptions {
  readonly split?: SplitSettings;
  /** Where labels go, if not where the data set has them by default. */
  readonly label?: DataSpec['label'] | undefined;
  /** What published files must be; those that were published unless a test supplies its own. */
  readonly sources?: Sources;
}

/**
 * Opens exactly the data that a reference names, divided up. Files are checked each time against the published SHA-256 sums, or
 * against the hash of their content that the reference has.
 * @throws {IdxError | DataFormatError} when a file is malformed
 * @throws {DatasetFileError} when a file is missing or unreadable, or its content has changed
 * @throws {UnknownDatasetError} when the reference, read from elsewhere, names no data set
 */
export async function loadDataset(reference: DatasetReference, options: LoadOptions = {}): Promise<Dataset> {
  const { split = NO_SPLIT, label, sources = SOURCES } = options;
  const content = await contentOf(reference, sources);
  const spec = { ...content.spec, label: label ?? content.spec.label };
  const classes = spec.classes.length;
  const [rest, test] =
    content.test === undefined ? splitShare(content.train, classes, split) : [content.train, content.test];
  if (split.validation === 0) return { name: reference.name, spec, train: rest, test };
  const [train, validation] = holdOut(rest, classes, split);
  return { name: reference.name, spec, train, validation, test };
}

async function contentOf(reference: DatasetReference, sources: Sources): Promise<Content> {
  if ('seed' in reference) return { spec: DIGITS_SPEC, ...generateDigits(reference.seed) };
  if ('path' in reference) {
    const { path, read, sha256 } = reference;
    const opened = await openPath(path, { read });
    if (opened.sha256 === sha256) return opened;
    throw new DatasetFileError(
      'ERR_DATASET_CHANGED',
      `${path} is not what it was when the run began: its content has another hash. Bring it back, or train anew`,
    );
  }
  const name = fileDatasetOf(reference.name);
  if (name === undefined) throw new UnknownDatasetError(reference.name, Object.keys(sources));
  const spec = name === 'mnist' ? DIGITS_SPEC : CLOTHES_SPEC;
  return { spec, ...(await openPublished(reference.directory, name, sources)) };
}
