/** The coordinator could not be asked, or said no. Has the code of what went wrong in it. */
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
