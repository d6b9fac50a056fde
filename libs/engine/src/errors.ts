/** An engine was misused, or the library beneath it failed. */
export class EngineError extends Error {
  readonly code = 'ERR_ENGINE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
  }
}

/** An engine does not work on this machine. The reason says what is missing, and how to get it. */
export class EngineUnavailableError extends Error {
  readonly code = 'ERR_ENGINE_UNAVAILABLE';

  constructor(
    readonly engine: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Engine ${engine} is not available here: ${reason}`, options);
    this.name = 'EngineUnavailableError';
  }
}
