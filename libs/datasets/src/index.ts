export {
  CLOTHES_SPEC,
  DATASET_NAMES,
  DIGITS_SPEC,
  inputsOf,
  LABEL_PLACES,
  MAX_CLASSES,
  PIXELS,
  rowSize,
  SIDE,
} from './dataset.js';
export type {
  DataSpec,
  Dataset,
  DatasetName,
  DatasetReference,
  FileDatasetName,
  GreySet,
  ImageSet,
  LabelPlace,
  ReadSettings,
  SplitSettings,
} from './dataset.js';
export { contactSheet } from './contact-sheet.js';
export { contentHash } from './content-hash.js';
export { describeDatasets } from './describe.js';
export type { DatasetDescription } from './describe.js';
export { DIGITS_SEED, DIGITS_TEST, DIGITS_TRAIN, generateDigits } from './digits.js';
export type { DownloadProgress } from './download.js';
export { DataFormatError, DatasetFileError, DownloadError, IdxError, UnknownDatasetError } from './errors.js';
export type { TimeLimits } from './fetch-files.js';
export { parseImages, parseLabels } from './formats/idx.js';
export { FORMATS } from './formats/index.js';
export { readPictures } from './picture-set.js';
export type { PictureSet } from './picture-set.js';
export { loadDataset, NO_SPLIT } from './load.js';
export type { LoadOptions } from './load.js';
export { openPath } from './open-path.js';
export type { OpenedPath, OpenOptions } from './open-path.js';
export { defaultCacheDirectory } from './cache-directory.js';
export { fileDatasetOf, resolveDataset } from './resolve.js';
export type { ResolvedDataset, ResolveOptions } from './resolve.js';
export { RowWriter, writePicture } from './rows.js';
export type { RowLabel } from './rows.js';
export { SOURCES } from './sources.js';
export type { Part, Source, SourceFile, Sources } from './sources.js';
export { holdOut, rowsByClass, shareRows, splitShare } from './split.js';
export { knownSummary, rowCounts } from './summary.js';
export type { DataSummary, RowCounts } from './summary.js';
