import { z } from 'zod';

/** Where the consumer of a link dials its producer. */
export const LINK_PATH = '/link';
/** Version of the data plane. A peer that speaks another one is refused at the handshake. */
export const LINK_SUBPROTOCOL = 'layerline-link.1';
/** How often a consumer pings its producer. */
export const PING_INTERVAL_MS = 1_000;

/** Close codes of WebSocket (RFC 6455, 7.4.1): the consumer has taken the end of the stream; it leaves before that. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_INCOMPLETE = 1001;
/** The peer has sent what the protocol does not allow. */
export const CLOSE_PROTOCOL_ERROR = 1002;

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
