/** What a server grants a stranger for TLS, and again for the head of a request: some round trips over a slow link. */
export const HANDSHAKE_DEADLINE_MS = 5_000;
/** What a client grants a server, whose machine may be at its limit. */
export const DIAL_DEADLINE_MS = 10_000;
/** A request has a token and a few short headers, but a browser adds the cookies of everything that it knows on localhost. */
export const MAX_REQUEST_HEADER_BYTES = 32 * 1024;
