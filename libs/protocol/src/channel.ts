import type { WebSocket } from 'ws';
import type * as z from 'zod';
import { Heartbeat } from './heartbeat.js';
import {
  CONTROL_PATIENCE,
  CONTROL_PING_INTERVAL_MS,
  MAX_BACKLOG_BYTES,
  MAX_MESSAGE_BURST,
  MAX_MESSAGE_RATE,
} from './limits.js';
import { CLOSE_NORMAL, CLOSE_POLICY, CLOSE_PROTOCOL_ERROR } from './link.js';
import { decodeMessage, encodeMessage } from './messages.js';
import { TokenBucket } from './token-bucket.js';

/** RFC 6455, 5.5: a control frame has 125 bytes, and the code takes two. */
const MAX_CLOSE_REASON_BYTES = 123;

/** RFC 6455, 7.1.5: there was no close frame. */
const CLOSE_ABNORMAL = 1006;

export interface ChannelHandlers<Incoming> {
  /** Given each message. What it throws is a fault of this process and not of the peer, and ends it as any other such. */
  readonly message: (message: Incoming) => void;
  /** Called once, when the connection has ended. @param isOrderly whether either end wanted it to, and nothing was wrong */
  readonly closed: (reason: string, isOrderly: boolean) => void;
}

/**
 * Typed messages over a WebSocket, in MessagePack. Whatever does not fit the schema closes the connection, and so does a
 * peer that talks too much, does not read, or is silent when pinged.
 */
export class Channel<Incoming, Outgoing> {
  readonly #heartbeat: Heartbeat;
  readonly #allowance = new TokenBucket(MAX_MESSAGE_RATE, MAX_MESSAGE_BURST);
  #reason: string | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly schema: z.ZodType<Incoming>,
    readonly handlers: ChannelHandlers<Incoming>,
    pingIntervalMs = CONTROL_PING_INTERVAL_MS,
  ) {
    this.#heartbeat = new Heartbeat({
      intervalMs: pingIntervalMs,
      patience: CONTROL_PATIENCE,
      ping: () => this.#ping(),
      lost: () => this.#drop(`it has been silent for ${CONTROL_PATIENCE} pings`),
    });
  }

  /** Begins to listen and to ping. To be called before anything else can happen, so that no message is missed. */
  start(): void {
    const { socket } = this;
    this.#heartbeat.start();
    socket.on('message', (data: Buffer) => this.#receive(data));
    for (const sign of ['ping', 'pong'] as const) socket.on(sign, () => this.#heartbeat.alive());
    socket.on('error', (error) => (this.#reason ??= error.message));
    socket.on('close', (code, said: Buffer) => {
      this.#heartbeat.stop();
      const reason = this.#reason ?? (said.length > 0 ? said.toString() : closingInWords(code));
      this.handlers.closed(reason, this.#reason === undefined && code === CLOSE_NORMAL);
    });
  }

  /** Whether what is sent now may still arrive: neither end has begun to close the connection. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Sends a message; does nothing once the connection has ended. */
  send(message: Outgoing): void {
    if (!this.isOpen) return;
    this.socket.send(encodeMessage(message));
    this.#checkBacklog();
  }

  /** Ends the connection in order. */
  stop(): void {
    this.socket.close(CLOSE_NORMAL);
  }

  /** Ends the connection because the peer is not wanted. @param reason told to it, as far as a close frame has room */
  reject(reason: string): void {
    this.#close(CLOSE_POLICY, reason);
  }

  #receive(data: Buffer): void {
    // The peer may go on talking until it has seen that it was refused.
    if (this.#reason !== undefined) return;
    this.#heartbeat.alive();
    if (!this.#allowance.take()) return this.reject(`it sends more than ${MAX_MESSAGE_RATE} messages a second`);
    let message: Incoming;
    try {
      message = decodeMessage(this.schema, data);
    } catch (error) {
      return this.#close(CLOSE_PROTOCOL_ERROR, (error as Error).message);
    }
    this.handlers.message(message);
  }

  #ping(): void {
    this.#checkBacklog();
    if (this.isOpen) this.socket.ping();
  }

  #checkBacklog(): void {
    if (this.socket.bufferedAmount > MAX_BACKLOG_BYTES) this.#drop('it does not read what it is sent');
  }

  #close(code: number, reason: string): void {
    this.#reason ??= reason;
    const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_CLOSE_REASON_BYTES));
    this.socket.close(code, reason.slice(0, read));
  }

  #drop(reason: string): void {
    this.#reason ??= reason;
    this.socket.terminate();
  }
}

function closingInWords(code: number): string {
  if (code === CLOSE_NORMAL) return 'it has closed the connection';
  return code === CLOSE_ABNORMAL ? 'the connection broke off' : `it closed the connection with code ${code}`;
}
