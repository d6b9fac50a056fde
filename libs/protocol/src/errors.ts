/** Something that came over the wire breaks the protocol. Whoever sent it is dropped. */
export class ProtocolError extends Error {
  readonly code = 'ERR_PROTOCOL';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}

/** A connection ended while it was still needed. */
export class ConnectionLostError extends Error {
  readonly code = 'ERR_CONNECTION_LOST';

  constructor(
    readonly peer: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Lost the connection with ${peer}: ${reason}`, options);
    this.name = 'ConnectionLostError';
  }
}
