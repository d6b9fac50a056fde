import type { Certificate, Trust } from '@layerline/security';
import type { WebSocket } from 'ws';
import * as z from 'zod';
import { dial } from './dial.js';

/** Where the consumer of a link dials its producer. */
export const LINK_PATH = '/link';
/** Version of the data plane. A peer that speaks a different one is refused at the handshake. */
export const LINK_SUBPROTOCOL = 'layerline-link.2';
/** How often a consumer pings its producer. */
export const PING_INTERVAL_MS = 1_000;
/** A peer that is silent for so many intervals is considered gone. Longer than TCP takes to recover from a brief outage. */
export const PATIENCE = 15;

/** The most pieces that a frame may come in. */
export const MAX_FRAGMENTS = 4096;

/** WebSocket close codes (RFC 6455, 7.4.1): the consumer has read the end of the stream; it is leaving before that. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_INCOMPLETE = 1001;
/** The peer has broken the protocol. */
export const CLOSE_PROTOCOL_ERROR = 1002;
/** The peer is not wanted here, and the reason says why. */
export const CLOSE_POLICY = 1008;

/** The only message that goes from consumer to producer, in MessagePack. */
export const creditMessage = z.strictObject({
  type: z.literal('credit'),
  incarnation: z.number().int().nonnegative(),
  generation: z.number().int().nonnegative(),
  bytes: z.number().int().positive(),
});
export type CreditMessage = z.infer<typeof creditMessage>;

/** Which life of which run a link serves. */
export interface LinkIdentity {
  readonly run: string;
  readonly incarnation: number;
  readonly generation: number;
}

/** Where a peer waits for this end of the link. */
export interface LinkAddress {
  /** `ws://host:port`, or `wss://` with {@link trust}. */
  readonly address: string;
  /** How the peer is known where the address is a secure one. */
  readonly trust?: Trust | undefined;
  /** Secret of this link. */
  readonly ticket: string;
}

/** Where this end of the link waits for its peer. */
export interface LinkSite {
  /** Address to listen on, and further names that it goes by. */
  readonly host: string;
  readonly names?: readonly string[];
  /** Secret of this link. */
  readonly ticket: string;
  readonly certificate?: Certificate | undefined;
}

/** Opens a link's connection. @throws as {@link dial} */
export function dialLink<Link>(
  { address, trust, ticket }: LinkAddress,
  peer: string,
  limits: { readonly maxPayload: number; readonly maxFragments: number },
  take: (socket: WebSocket) => Link,
): Promise<Link> {
  const how = { path: LINK_PATH, subprotocol: LINK_SUBPROTOCOL, ...limits };
  return dial({ address, trust, secret: ticket, peer, ...how }, take);
}
