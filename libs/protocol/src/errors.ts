/** Something from the wire is not what the protocol allows. Whoever sent it is dropped. */
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

/** A server could not take its address. */
export class ListenError extends Error {
  readonly code = 'ERR_LISTEN';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    super(`Cannot listen on ${host}:${port}: ${explain(cause)}`, { cause });
    this.name = 'ListenError';
  }
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is in use. Name another one, or 0 for any free port';
    case 'EACCES':
      return 'this user may not use the port. Name one above 1023';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address';
    default:
      return error.message;
  }
}
