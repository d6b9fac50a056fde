/** The coordinator has refused a request. */
export class RefusedError extends Error {
  /** @param code as the coordinator gives it, or `ERR_HTTP` where it gave none @param status of HTTP */
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'RefusedError';
  }
}

/** Nobody answers at the page's own address. */
export class UnreachableError extends Error {
  readonly code = 'ERR_UNREACHABLE';

  constructor(options?: ErrorOptions) {
    super('The coordinator does not answer: it has ended, or the connection to its machine is cut', options);
    this.name = 'UnreachableError';
  }
}

/** What to tell a person about something that was caught. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
