/** A file is not the IDX file that it should be. */
export class IdxError extends Error {
  constructor(
    readonly code:
      | 'ERR_IDX_GZIP'
      | 'ERR_IDX_MAGIC'
      | 'ERR_IDX_KIND'
      | 'ERR_IDX_TRUNCATED'
      | 'ERR_IDX_TRAILING'
      | 'ERR_IDX_DIMENSIONS',
    /** The file's path. */
    readonly file: string,
    problem: string,
  ) {
    super(`${file}: ${problem}`);
    this.name = 'IdxError';
  }
}

/** The files of a data set are missing, cannot be read, or are not the published ones. */
export class DatasetFileError extends Error {
  constructor(
    readonly code:
      | 'ERR_DATASET_MISSING'
      | 'ERR_DATASET_INCOMPLETE'
      | 'ERR_DATASET_AMBIGUOUS'
      | 'ERR_DATASET_UNREADABLE'
      | 'ERR_DATASET_COUNT'
      | 'ERR_DATASET_MISLABELLED'
      | 'ERR_DATASET_SWAPPED'
      | 'ERR_DATASET_CHECKSUM'
      | 'ERR_DATASET_CHANGED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DatasetFileError';
  }
}

/** There is no data set of that name. */
export class UnknownDatasetError extends Error {
  readonly code = 'ERR_DATASET_UNKNOWN';

  constructor(name: string, known: readonly string[]) {
    super(`There is no data set "${name}": choose one of ${known.join(', ')}, or give the path of a file or folder`);
    this.name = 'UnknownDatasetError';
  }
}

/** A file could not be fetched, or not be stored. What had arrived is kept, and the next attempt resumes from there. */
export class DownloadError extends Error {
  constructor(
    readonly code:
      | 'ERR_DOWNLOAD_UNREACHABLE'
      | 'ERR_DOWNLOAD_PROXY'
      | 'ERR_DOWNLOAD_STATUS'
      | 'ERR_DOWNLOAD_INTERRUPTED'
      | 'ERR_DOWNLOAD_TIMEOUT'
      | 'ERR_DOWNLOAD_CONTENT'
      | 'ERR_DOWNLOAD_STORE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DownloadError';
  }
}

/** The `code` of an error from the operating system, such as ENOENT; undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A data set of the user's own is malformed, or not one that can be trained on. */
export class DataFormatError extends Error {
  readonly code = 'ERR_DATA_FORMAT';

  /**
   * @param file where it is wrong @param row or line there, counted from 1; undefined where it is not about one
   * @param problem what is wrong and what would be right, as a sentence without its subject
   */
  constructor(
    readonly file: string,
    readonly row: number | undefined,
    problem: string,
  ) {
    super(`${file}${row === undefined ? '' : `, row ${row}`}: ${problem}`);
    this.name = 'DataFormatError';
  }
}
