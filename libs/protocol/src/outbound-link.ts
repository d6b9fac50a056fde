import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { byteLength, encodeFrame } from './codec.js';
import { CreditGate } from './credit.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import type { Frame } from './frame.js';
import { creditMessage } from './link.js';
import type { LinkIdentity } from './link.js';

const packr = new Packr({ useRecords: false });
const CLOSE_PROTOCOL_ERROR = 1002;
/** How long the consumer may take to read the rest of a stream and hang up. */
const DRAIN_DEADLINE_MS = 60_000;

/** The producer's side of a link. Sends frames as credits allow, one at a time. */
export class OutboundLink {
  readonly #gate = new CreditGate();
  readonly #closed: Promise<void>;
  #failure: Error | undefined;
  #sequence = 0;
  #identity: LinkIdentity | undefined;
  /** Bytes sent so far. */
  bytes = 0;

  constructor(
    readonly socket: WebSocket,
    readonly consumer: string,
  ) {
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('error', (error) => this.#fail(error.message));
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#fail(`it closed with code ${code}${reason.length > 0 ? ` (${reason.toString()})` : ''}`);
        resolve();
      });
    });
  }

  /** Begins the stream of one generation: sequence numbers start again and credits of older ones do not count. */
  begin({ run, incarnation, generation }: LinkIdentity): void {
    this.#identity = { run, incarnation, generation };
    this.#sequence = 0;
  }

  /**
   * Sends a frame, after waiting for credit. The memory of its blocks must not change before the frame is on its way.
   * @throws ConnectionLostError when the consumer is gone
   */
  async send(frame: Frame): Promise<void> {
    if (this.#identity === undefined) throw new ProtocolError('A link was used before its stream began');
    const parts = encodeFrame({ ...this.#identity, sequence: this.#sequence++ }, frame);
    const bytes = byteLength(parts);
    if (this.#failure !== undefined) throw this.#failure;
    await this.#gate.take(bytes);
    if (this.#failure !== undefined) throw this.#failure;
    this.bytes += bytes;
    // Parts go out as fragments of one message, which saves joining them here.
    parts.forEach((part, index) => this.socket.send(part, { binary: true, fin: index === parts.length - 1 }));
  }

  /** Waits until the consumer has taken the end of the stream and hung up. */
  async drained(): Promise<void> {
    const deadline = setTimeout(() => this.terminate(), DRAIN_DEADLINE_MS);
    await this.#closed;
    clearTimeout(deadline);
  }

  terminate(): void {
    this.socket.terminate();
  }

  #receive(data: Buffer): void {
    try {
      const message = creditMessage.parse(packr.unpack(data));
      const { incarnation, generation } = this.#identity ?? message;
      if (message.incarnation === incarnation && message.generation === generation) this.#gate.grant(message.bytes);
    } catch {
      this.socket.close(CLOSE_PROTOCOL_ERROR, 'not a credit');
      this.#fail('it sent something that is not a credit');
    }
  }

  #fail(reason: string): void {
    this.#failure ??= new ConnectionLostError(this.consumer, reason);
    this.#gate.fail(this.#failure);
  }
}
