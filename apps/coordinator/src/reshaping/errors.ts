/** A run has no stage or layer of that name. */
export class UnknownStageError extends Error {
  readonly code = 'ERR_UNKNOWN_STAGE';

  constructor(run: string, stage: string, known: readonly string[]) {
    super(`Run ${run} has no ${stage}: it has ${known.join(', ')}`);
    this.name = 'UnknownStageError';
  }
}

/** A run's stages are as they are asked to be. */
export class NothingToChangeError extends Error {
  readonly code = 'ERR_NOTHING_TO_CHANGE';

  constructor(why: string) {
    super(`There is nothing to change: ${why}`);
    this.name = 'NothingToChangeError';
  }
}

/** A run's stages are being changed, which is done one change at a time. */
export class OperationBusyError extends Error {
  readonly code = 'ERR_OPERATION_BUSY';

  constructor(id: number, what: string) {
    super(`Operation ${id} is under way (${what}): wait until it is over, or cancel it while it waits`);
    this.name = 'OperationBusyError';
  }
}

/** A run has no operation of that number. */
export class UnknownOperationError extends Error {
  readonly code = 'ERR_UNKNOWN_OPERATION';

  constructor(id: number) {
    super(`There is no operation ${id} of this run`);
    this.name = 'UnknownOperationError';
  }
}

/** An operation can no longer be cancelled. */
export class OperationOverError extends Error {
  readonly code = 'ERR_OPERATION_OVER';

  constructor(id: number, state: string) {
    super(`Operation ${id} is ${state}: only one that still waits can be cancelled`);
    this.name = 'OperationOverError';
  }
}

/** A run's stages cannot be changed while it trains in a single process. */
export class NotReshapableError extends Error {
  readonly code = 'ERR_NOT_RESHAPABLE';

  constructor(run: string) {
    super(`Run ${run} trains in a single process: leave out --single-process to scale and to move its stages`);
    this.name = 'NotReshapableError';
  }
}

/** A life of a run ends so that the next one can have other stages: not a failure. */
export class RunReshapedError extends Error {
  readonly code = 'ERR_RUN_RESHAPED';

  constructor(run: string, what: string) {
    super(`Run ${run} changes: ${what}`);
    this.name = 'RunReshapedError';
  }
}
