/** A server is not the one it was taken for. */
export class UntrustedServerError extends Error {
  readonly code = 'ERR_UNTRUSTED_SERVER';

  constructor(host: string, expected: string, found: string) {
    super(
      `${host} shows a certificate with the fingerprint ${found}, and the one expected is ${expected}. If its certificate ` +
        'was made anew, give the new fingerprint; if not, somebody else is answering there',
    );
    this.name = 'UntrustedServerError';
  }
}

/** A certificate or its key cannot be used. */
export class CertificateError extends Error {
  readonly code = 'ERR_CERTIFICATE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CertificateError';
  }
}

/** A request may not be answered: `ERR_UNAUTHENTICATED` if its sender is not known, `ERR_FORBIDDEN` if it may not do this. */
export class RefusedError extends Error {
  constructor(
    readonly code: 'ERR_UNAUTHENTICATED' | 'ERR_FORBIDDEN',
    reason: string,
  ) {
    super(reason);
    this.name = 'RefusedError';
  }
}

/** Somebody cannot be signed in: `ERR_SIGN_IN_CODE` if the code is no good, `ERR_SIGN_IN_RATE` after too many such codes. */
export class SignInError extends Error {
  constructor(
    readonly code: 'ERR_SIGN_IN_CODE' | 'ERR_SIGN_IN_RATE',
    reason: string,
  ) {
    super(reason);
    this.name = 'SignInError';
  }
}

/** There is no token where one was looked for, or others can read or change it. */
export class TokenError extends Error {
  readonly code = 'ERR_TOKEN';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenError';
  }
}

/** A folder that secrets are kept in is open to others. */
export class StateFolderError extends Error {
  readonly code = 'ERR_STATE_FOLDER';

  constructor(message: string) {
    super(message);
    this.name = 'StateFolderError';
  }
}

/** A server could not take its address. */
export class ListenError extends Error {
  readonly code = 'ERR_LISTEN';

  /** @param port or a range of them, such as `7000-7010` */
  constructor(host: string, port: number | string, cause: NodeJS.ErrnoException) {
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
