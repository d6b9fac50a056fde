import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { ProtocolError } from './errors.js';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR } from './link.js';

const packr = new Packr({ useRecords: false });

/** Typed messages over a WebSocket, in MessagePack. Whatever does not fit the schema closes the connection. */
export class Channel<Incoming, Outgoing> {
  constructor(
    readonly socket: WebSocket,
    schema: z.ZodType<Incoming>,
    handlers: {
      readonly message: (message: Incoming) => void;
      /** Called once, when the connection has ended. */
      readonly closed: (reason: string) => void;
    },
  ) {
    let reason: string | undefined;
    socket.on('message', (data: Buffer) => {
      // The peer may go on talking until it has seen that it was refused.
      if (reason !== undefined) return;
      try {
        handlers.message(parse(schema, packr.unpack(data)));
      } catch (error) {
        reason = (error as Error).message;
        socket.close(CLOSE_PROTOCOL_ERROR);
      }
    });
    socket.on('error', (error) => (reason ??= error.message));
    socket.on('close', (code) => handlers.closed(reason ?? `closed with code ${code}`));
  }

  /** Sends a message; does nothing once the connection has ended. */
  send(message: Outgoing): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(packr.pack(message));
  }

  close(): void {
    this.socket.close(CLOSE_NORMAL);
  }
}

/** Checks a message that has come in. @throws ProtocolError that names the field */
export function parse<Message>(schema: z.ZodType<Message>, raw: unknown): Message {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ProtocolError(`A message is wrong at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`);
}
