export { Authority, checkedToken, keptToken, readToken, ROLES } from './authority.js';
export type { Action, Role } from './authority.js';
export { keptCertificate, plainFingerprint, readCertificate, selfSignedCertificate } from './certificate.js';
export type { Certificate } from './certificate.js';
export { Channel, parse } from './channel.js';
export { Allowance } from './allowance.js';
export { decodeFrame, encodeFrame, headerAllowance } from './codec.js';
export * from './control.js';
export { CreditGate, CreditWindow } from './credit.js';
export { dial } from './dial.js';
export type { DialOptions } from './dial.js';
export {
  CertificateError,
  ConnectionLostError,
  ListenError,
  ProtocolError,
  TokenError,
  UntrustedServerError,
} from './errors.js';
export { findBlock } from './frame.js';
export type { Barrier, BarrierOrder, Block, Envelope, Frame, Rows } from './frame.js';
export { bracketed, contentDigest, openRequest } from './http.js';
export { InboundLink } from './inbound-link.js';
export type { InboundOptions } from './inbound-link.js';
export { limitedServer, secured } from './limited-server.js';
export type { ServerLimits } from './limited-server.js';
export * from './limits.js';
export type { LinkAddress, LinkIdentity, LinkSite } from './link.js';
export { LinkAccount } from './link-account.js';
export { LinkServer, refuse } from './link-server.js';
export type { LinkServerOptions, PortRange } from './link-server.js';
export { OutboundLink } from './outbound-link.js';
export { byteLength } from './parts.js';
export { Pool } from './pool.js';
export type { Lent } from './pool.js';
export { bearer, newSecret } from './secrets.js';
export { agentFor } from './trust.js';
export { whyUnreachable } from './unreachable.js';
export type { Trust } from './trust.js';
