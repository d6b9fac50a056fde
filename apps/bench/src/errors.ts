/** An option of the benchmark that cannot be meant as it is. */
export class OptionError extends Error {
  readonly code = 'ERR_BENCH_OPTION';

  constructor(message: string) {
    super(message);
    this.name = 'OptionError';
  }
}

/** A program that the benchmark started did not do what it should. */
export class ProgramError extends Error {
  readonly code = 'ERR_BENCH_PROGRAM';

  /** @param program its name @param reason why, in one line */
  constructor(
    program: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${program}: ${reason}`, options);
    this.name = 'ProgramError';
  }
}

/** A report that cannot be added to. */
export class ReportError extends Error {
  readonly code = 'ERR_BENCH_REPORT';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReportError';
  }
}

/** The user has stopped the benchmark. What was measured before still counts. */
export class InterruptedError extends Error {
  readonly code = 'ERR_BENCH_INTERRUPTED';

  constructor() {
    super('The benchmark was interrupted');
    this.name = 'InterruptedError';
  }
}

/** For the places where whatever fails is left out of the comparison: an interruption is no failure, and goes on up. */
export function passInterruption(error: unknown): void {
  if (error instanceof InterruptedError) throw error;
}
