export { Authority, checkedToken, keptToken, readToken, PRINCIPALS } from './authority.js';
export type { Action, Principal } from './authority.js';
export {
  keptCertificate,
  plainFingerprint,
  readAuthorities,
  readCertificate,
  selfSignedCertificate,
} from './certificate.js';
export type { Certificate } from './certificate.js';
export { noSessionCookie, sessionCookie } from './cookies.js';
export {
  CertificateError,
  ListenError,
  RefusedError,
  SignInError,
  StateFolderError,
  TokenError,
  UntrustedServerError,
} from './errors.js';
export { bracketed, contentDigest, openRequest } from './http.js';
export { checkStateFolder, PRIVATE_FILE } from './kept-file.js';
export { limitedServer, markAuthorized, secured } from './limited-server.js';
export type { ServerLimits } from './limited-server.js';
export { listen } from './listen.js';
export type { PortRange } from './listen.js';
export { DIAL_DEADLINE_MS, MAX_REQUEST_HEADER_BYTES } from './limits.js';
export { refusalOfHost } from './origin.js';
export { bearer, newSecret, refusal } from './secrets.js';
export { ROLES, SESSION_SECONDS, SessionIssuer } from './sessions.js';
export type { Role } from './sessions.js';
export { SignInCodes } from './sign-in-codes.js';
export { TicketIssuer } from './tickets.js';
export type { Grant, StoreOperation } from './tickets.js';
export { agentFor } from './trust.js';
export type { Trust } from './trust.js';
export { whyUnreachable } from './unreachable.js';
