/** A model or run on disk cannot be read: it is missing, damaged, or not what it is taken for. */
export class CheckpointError extends Error {
  readonly code = 'ERR_CHECKPOINT';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CheckpointError';
  }
}

/** The folder of a run cannot be written. */
export class RunFolderError extends Error {
  readonly code = 'ERR_RUN_FOLDER';

  constructor(folder: string, cause: NodeJS.ErrnoException) {
    super(`Cannot write the run to ${folder}: ${explain(cause)}`, { cause });
    this.name = 'RunFolderError';
  }
}

/** What is to be written to leads elsewhere, or belongs to somebody else. It stays as it is. */
export class UnsafePathError extends Error {
  readonly code = 'ERR_UNSAFE_PATH';

  /** @param what is wrong with it, such as `is a link` */
  constructor(path: string, what: string) {
    super(`${path} ${what}, and writing there could change files outside the run: remove it, or name another place`);
    this.name = 'UnsafePathError';
  }
}

/** A run has been taken by a newer coordinator. */
export class FencedError extends Error {
  readonly code = 'ERR_FENCED';

  constructor(run: string, newest: number, own: number) {
    super(
      `Another coordinator has taken run ${run} (incarnation ${newest}; this one is ${own}): leave the run to it, and ` +
        'ask it how the run goes',
    );
    this.name = 'FencedError';
  }
}

/** An error of the file system becomes one of the run's folder; one of ours stays as it is. */
export function asRunFolderError(folder: string, error: unknown): Error {
  for (const type of [CheckpointError, FencedError, RunFolderError, UnsafePathError]) {
    if (error instanceof type) return error;
  }
  return new RunFolderError(folder, error as NodeJS.ErrnoException);
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full. Free some space, or name another place with --out';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there. Name another place with --out';
    case 'EROFS':
      return 'the file system is read-only. Name another place with --out';
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return 'a file of that name is in the way. Name another place with --out';
    default:
      return error.message;
  }
}
