import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { ProtocolError } from './errors.js';

const packr = new Packr({ useRecords: false });
const CLOSE_PROTOCOL_ERROR = 1002;

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
    this.socket.close(1000);
  }
}

/** Checks a message that has come in. @throws ProtocolError that names the field */
export function parse<Message>(schema: z.ZodType<Message>, raw: unknown): Message {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ProtocolError(`A message is wrong at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`);
}
