import type * as z from 'zod';

/** Training has gone out of range: goodness is no longer a number. */
export class DivergedError extends Error {
  readonly code = 'ERR_DIVERGED';

  constructor(layer: string, epoch: number, batch: number) {
    super(
      `Training diverged in ${layer} at epoch ${epoch}, batch ${batch + 1}: its goodness is not a finite number. ` +
        'Lower --learning-rate (or --alpha) and train again',
    );
    this.name = 'DivergedError';
  }
}

/** A stage has sent a frame that the plan does not have at this point of the stream: one was lost, doubled or made up. */
export class UnexpectedFrameError extends Error {
  readonly code = 'ERR_UNEXPECTED_FRAME';

  /** @param due what could have come */
  constructor(
    readonly producer: string,
    due: readonly string[],
    got: string,
  ) {
    super(
      `${producer} sent ${got}, where ${due.join(' or ') || 'nothing more'} was due: a frame was lost, doubled or changed`,
    );
    this.name = 'UnexpectedFrameError';
  }
}

/** A stage has sent numbers that are not finite: NaN, or infinity. */
export class NotFiniteError extends Error {
  readonly code = 'ERR_NOT_FINITE';

  /** @param producer the stage whose numbers they are @param what a block of a frame */
  constructor(
    readonly producer: string,
    what: string,
    epoch: number,
    batch: number,
  ) {
    super(`${producer} sent ${what} that are not finite numbers, in batch ${batch + 1} of epoch ${epoch}`);
    this.name = 'NotFiniteError';
  }
}

/** The evaluator has made an invalid report: one of its figures is not a finite number, say. */
export class ReportError extends Error {
  readonly code = 'ERR_REPORT';

  constructor(type: string, cause: z.ZodError) {
    const [issue] = cause.issues;
    super(`The evaluator's ${type} report is wrong at ${issue?.path.join('.')}: ${issue?.message}`, { cause });
    this.name = 'ReportError';
  }
}

/** No engine, or not the one that was asked for, works on this machine. */
export class NoEngineError extends Error {
  readonly code = 'ERR_NO_ENGINE';

  constructor(wanted: string, reasons: readonly string[]) {
    super(
      `${wanted === 'auto' ? 'No engine works' : `The ${wanted} engine does not work`} here: ${reasons.join('; ')}`,
    );
    this.name = 'NoEngineError';
  }
}

/** An engine computes other bits for some of a layer's units than for all of them. */
export class CutsDifferError extends Error {
  readonly code = 'ERR_CUTS_DIFFER';

  constructor(layer: string, shards: number) {
    super(
      `Here, ${shards} shards of ${layer} compute other bits than the whole layer, so that it cannot be cut: leave it whole, ` +
        'or take another batch or another engine',
    );
    this.name = 'CutsDifferError';
  }
}
