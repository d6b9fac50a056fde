/** The configuration of a run cannot be used as it stands. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
