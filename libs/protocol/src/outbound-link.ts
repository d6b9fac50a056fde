import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { encodeFrame } from './codec.js';
import { CreditGate } from './credit.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import type { Frame } from './frame.js';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR, creditMessage, dialLink, PATIENCE, PING_INTERVAL_MS } from './link.js';
import type { LinkAddress, LinkIdentity, LinkSite } from './link.js';
import { LinkAccount } from './link-account.js';
import { LinkServer } from './link-server.js';
import { byteLength } from './parts.js';

const packr = new Packr({ useRecords: false });
/** What a consumer may send is tiny: credits. */
const CONSUMER_LIMITS = { maxPayload: 1024, maxFragments: 1 } as const;

/** The producer's side of a link. Sends frames as credits allow, one at a time. */
export class OutboundLink {
  /** Of the frames sent. */
  readonly account = new LinkAccount();
  readonly #gate = new CreditGate();
  readonly #closed: Promise<number>;
  #failure: Error | undefined;
  #sequence = 0;
  #identity: LinkIdentity | undefined;
  /** Intervals since the consumer's last ping. */
  #silence = 0;

  /** Waits for the consumer to dial. */
  static server(options: LinkSite & { readonly consumer: string }): LinkServer<OutboundLink> {
    const { consumer } = options;
    return new LinkServer({ ...options, ...CONSUMER_LIMITS, accept: (socket) => new OutboundLink(socket, consumer) });
  }

  /** Dials the consumer, where this end cannot be dialled itself. @throws as {@link InboundLink.dial} */
  static dial(options: LinkAddress & { readonly consumer: string }): Promise<OutboundLink> {
    const { consumer } = options;
    return dialLink(options, consumer, CONSUMER_LIMITS, (socket) => new OutboundLink(socket, consumer));
  }

  private constructor(
    readonly socket: WebSocket,
    readonly consumer: string,
  ) {
    const watch = setInterval(() => this.#watch(), PING_INTERVAL_MS);
    socket.on('ping', () => (this.#silence = 0));
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('error', (error) => this.#fail(error.message));
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        clearInterval(watch);
        this.#fail(`it closed with code ${code}${reason.length > 0 ? ` (${reason.toString()})` : ''}`);
        resolve(code);
      });
    });
  }

  /** Begins the stream of one generation, with sequence number 0. From here on, credits of others do not count. */
  begin({ run, incarnation, generation }: LinkIdentity): void {
    this.#identity = { run, incarnation, generation };
    this.#sequence = 0;
  }

  /**
   * Sends a frame, after waiting for credit. One call at a time. The memory of the blocks must not change before the
   * frame is released.
   * @throws ConnectionLostError when the consumer is gone
   */
  async send(frame: Frame): Promise<void> {
    if (this.#identity === undefined) throw new ProtocolError('A link was used before its stream began');
    const envelope = { ...this.#identity, sequence: this.#sequence++ };
    const parts = this.account.time(() => encodeFrame(envelope, frame));
    const bytes = byteLength(parts);
    this.#check();
    await this.#gate.take(bytes);
    this.#check();
    this.account.count(bytes);
    this.account.time(() => this.#write(parts, frame));
  }

  /**
   * Waits until the consumer has taken the end of the stream and hung up, however long that takes it.
   * @throws ConnectionLostError when it was gone before
   */
  async drained(): Promise<void> {
    if ((await this.#closed) !== CLOSE_NORMAL) this.#check();
  }

  /** Ends the link at once. */
  close(): void {
    this.socket.terminate();
  }

  #write(parts: readonly Uint8Array[], frame: Frame): void {
    const release = frame.kind === 'rows' ? frame.release : undefined;
    // Parts go out as fragments of one message, which saves joining them here. They go in order, so that none is needed
    // any more when the last is out.
    parts.forEach((part, index) => {
      const fin = index === parts.length - 1;
      this.socket.send(part, { binary: true, fin }, fin ? release : undefined);
    });
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #watch(): void {
    // Counted by turns of the timer, not by the clock: a process that was held up itself must not blame its peer.
    if (++this.#silence <= PATIENCE) return;
    this.#fail(`it has been silent for ${PATIENCE} pings`);
    this.close();
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
