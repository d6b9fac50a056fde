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
  constructor(program: string, reason: string, options?: ErrorOptions) {
    super(`${program}: ${reason}`, options);
    this.name = 'ProgramError';
  }
}
