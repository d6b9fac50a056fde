/** The coordinator could not be reached, or refused. If it refused, carries its own error's code. */
export class CoordinatorError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CoordinatorError';
  }
}
