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
