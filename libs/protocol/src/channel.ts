import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type * as z from 'zod';
import { TokenBucket } from './token-bucket.js';
import { ProtocolError } from './errors.js';
import {
  CONTROL_PATIENCE,
  CONTROL_PING_INTERVAL_MS,
  MAX_BACKLOG_BYTES,
  MAX_MESSAGE_BURST,
  MAX_MESSAGE_RATE,
} from './limits.js';
import { CLOSE_NORMAL, CLOSE_POLICY, CLOSE_PROTOCOL_ERROR } from './link.js';

const packr = new Packr({ useRecords: false });
/** RFC 6455, 5.5: a control frame has 125 bytes, and the code takes two. */
const MAX_CLOSE_REASON_BYTES = 123;

/**
 * Typed messages over a WebSocket, in MessagePack. Whatever does not fit the schema closes the connection, and so does a
 * peer that talks too much, does not read, or is silent when pinged.
 */
export class Channel<Incoming, Outgoing> {
  readonly #watch: NodeJS.Timeout;
  readonly #allowance = new TokenBucket(MAX_MESSAGE_RATE, MAX_MESSAGE_BURST);
  /** Intervals since the last sign of life. */
  #silence = 0;
  #reason: string | undefined;

  constructor(
    readonly socket: WebSocket,
    schema: z.ZodType<Incoming>,
    handlers: {
      readonly message: (message: Incoming) => void;
      /** Called once, when the connection has ended. */
      readonly closed: (reason: string) => void;
    },
    readonly pingIntervalMs = CONTROL_PING_INTERVAL_MS,
  ) {
    this.#watch = setInterval(() => this.#ping(), pingIntervalMs);
    socket.on('message', (data: Buffer) => {
      // The peer may go on talking until it has seen that it was refused.
      if (this.#reason !== undefined) return;
      this.#silence = 0;
      if (!this.#allowance.take()) return this.turnAway(`it sends more than ${MAX_MESSAGE_RATE} messages a second`);
      try {
        handlers.message(parse(schema, packr.unpack(data)));
      } catch (error) {
        this.#refuse((error as Error).message);
      }
    });
    for (const sign of ['ping', 'pong'] as const) socket.on(sign, () => (this.#silence = 0));
    socket.on('error', (error) => (this.#reason ??= error.message));
    socket.on('close', (code, said: Buffer) => {
      clearInterval(this.#watch);
      handlers.closed(this.#reason ?? (said.length > 0 ? said.toString() : `closed with code ${code}`));
    });
  }

  /** Whether what is sent now may still arrive: neither end has begun to close the connection. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Sends a message; does nothing once the connection has ended. */
  send(message: Outgoing): void {
    if (!this.isOpen) return;
    this.socket.send(packr.pack(message));
    this.#checkBacklog();
  }

  close(): void {
    this.socket.close(CLOSE_NORMAL);
  }

  /** Turns the peer away. @param reason told to it, as far as a close frame has room */
  turnAway(reason: string): void {
    this.#reason ??= reason;
    const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_CLOSE_REASON_BYTES));
    this.socket.close(CLOSE_POLICY, reason.slice(0, read));
  }

  #checkBacklog(): void {
    if (this.socket.bufferedAmount > MAX_BACKLOG_BYTES) this.#drop('it does not read what it is sent');
  }

  /** Counted by turns of the timer, not by the clock: a process that was held up itself must not blame its peer. */
  #ping(): void {
    this.#checkBacklog();
    if (this.#silence++ < CONTROL_PATIENCE) {
      if (this.isOpen) this.socket.ping();
    } else {
      this.#drop(`it has been silent for ${CONTROL_PATIENCE} pings`);
    }
  }

  #refuse(reason: string): void {
    this.#reason ??= reason;
    this.socket.close(CLOSE_PROTOCOL_ERROR);
  }

  #drop(reason: string): void {
    this.#reason ??= reason;
    this.socket.terminate();
  }
}

/** Checks a message that has come in. @throws ProtocolError that names the field */
export function parse<Message>(schema: z.ZodType<Message>, raw: unknown): Message {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ProtocolError(`A message is wrong at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`);
}
