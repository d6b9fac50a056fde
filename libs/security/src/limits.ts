/** For TLS, and again for the head of a request: longer than any honest peer takes over a slow link. */
export const HANDSHAKE_DEADLINE_MS = 10_000;
/** A request to us has a token and a few short headers. */
export const MAX_REQUEST_HEADER_BYTES = 8 * 1024;
