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
