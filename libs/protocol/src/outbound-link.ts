import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { encodeFrame } from './codec.js';
import { CreditGate } from './credit.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import { releaseRows } from './frame.js';
import type { Frame } from './frame.js';
import { Heartbeat } from './heartbeat.js';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR, creditMessage, dialLink, PATIENCE, PING_INTERVAL_MS } from './link.js';
import type { CreditMessage, LinkAddress, LinkIdentity, LinkSite } from './link.js';
import { LinkAccount } from './link-account.js';
import { LinkServer } from './link-server.js';
import { envelopeOf, lengthWithin, writeParts } from './outgoing.js';

const packr = new Packr({ useRecords: false });
/** A consumer sends nothing but credits, which are tiny. */
const CONSUMER_LIMITS = { maxPayload: 1024, maxFragments: 1 } as const;

export interface OutboundOptions {
  /** The consumer's name, for messages. */
  readonly consumer: string;
  /** Which stream this is. Credits of another one do not count. */
  readonly identity: LinkIdentity;
  /** The size of the largest frame that the plan allows on this link, in bytes: it bounds what may wait in memory. */
  readonly maxFrameBytes: number;
}

/** The producer's side of a link. Sends frames as credits allow, one at a time. */
export class OutboundLink {
  /** Of the frames sent. */
  readonly account = new LinkAccount();
  readonly #gate: CreditGate;
  readonly #heartbeat: Heartbeat;
  #closed!: Promise<number>;
  #failure: Error | undefined;
  #sequence = 0;

  /** Waits for the consumer to dial. */
  static server(options: LinkSite & OutboundOptions): LinkServer<OutboundLink> {
    return new LinkServer({ ...options, ...CONSUMER_LIMITS, accept: (socket) => OutboundLink.#over(socket, options) });
  }

  /** Dials the consumer, where this end cannot be dialled itself. @throws as {@link InboundLink.dial} */
  static dial(options: LinkAddress & OutboundOptions): Promise<OutboundLink> {
    return dialLink(options, options.consumer, CONSUMER_LIMITS, (socket) => OutboundLink.#over(socket, options));
  }

  static #over(socket: WebSocket, options: OutboundOptions): OutboundLink {
    const link = new OutboundLink(socket, options);
    link.#start();
    return link;
  }

  private constructor(
    readonly socket: WebSocket,
    readonly options: OutboundOptions,
  ) {
    this.#gate = new CreditGate(options.consumer, options.maxFrameBytes);
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      // The consumer does the pinging.
      patience: PATIENCE,
      lost: () => {
        this.#lose(`it has been silent for ${PATIENCE} pings`);
        this.close();
      },
    });
  }

  /**
   * Sends a frame, after waiting for credit. One call at a time. The memory of the blocks must not change before the
   * frame is released.
   * @throws ConnectionLostError when the consumer is gone, ProtocolError when it does not keep to the protocol, or the frame
   * is larger than the plan allows
   */
  async send(frame: Frame): Promise<void> {
    await this.pass(this.encode(frame), () => releaseRows(frame));
  }

  /**
   * The next frame of the stream in parts, for this link and all others of the stage that have sent as many: see
   * {@link encodeFrame}.
   */
  encode(frame: Frame): Uint8Array[] {
    const envelope = envelopeOf(this.options.identity, this.#sequence);
    return this.account.time(() => encodeFrame(envelope, frame));
  }

  /**
   * Sends the next frame, which has been encoded, after waiting for credit. One call at a time.
   * @param letGo called once, when the link no longer needs the memory of the parts, whether they were sent or not
   * @throws as {@link send}
   */
  async pass(parts: readonly Uint8Array[], letGo: () => void): Promise<void> {
    let bytes: number;
    try {
      bytes = await this.#takeCredit(parts);
    } catch (error) {
      letGo();
      throw error;
    }
    this.#sequence++;
    this.account.count(bytes);
    const left = (): void => {
      this.#gate.sent(bytes);
      letGo();
    };
    this.account.time(() => writeParts(this.socket, parts, left));
  }

  /**
   * Waits until the consumer has read the end of the stream and hung up, however long that takes.
   * @throws ConnectionLostError when it was gone before
   */
  async drained(): Promise<void> {
    if ((await this.#closed) !== CLOSE_NORMAL) this.#check();
  }

  /** Ends the link at once. */
  close(): void {
    this.socket.terminate();
  }

  #start(): void {
    const { socket } = this;
    this.#heartbeat.start();
    socket.on('ping', () => this.#heartbeat.alive());
    socket.on('message', (data: Buffer) => this.#receive(data));
    // Raised for what was received: it is not a WebSocket message, or longer than a credit.
    socket.on('error', (error) => this.#refuse(error.message));
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#heartbeat.stop();
        this.#lose(`it closed with code ${code}${reason.length > 0 ? ` (${reason.toString()})` : ''}`);
        resolve(code);
      });
    });
  }

  /** @returns the length of the parts, in bytes */
  async #takeCredit(parts: readonly Uint8Array[]): Promise<number> {
    const { consumer, maxFrameBytes } = this.options;
    const bytes = lengthWithin(maxFrameBytes, parts, consumer);
    this.#check();
    await this.#gate.take(bytes);
    this.#check();
    return bytes;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #receive(data: Buffer): void {
    if (this.#failure !== undefined) return;
    let credit: CreditMessage;
    try {
      credit = creditMessage.parse(packr.unpack(data));
    } catch {
      return this.#refuse('not a credit');
    }
    const { incarnation, generation } = this.options.identity;
    if (credit.incarnation !== incarnation || credit.generation !== generation) return;
    try {
      this.#gate.grant(credit.bytes);
    } catch (error) {
      this.#fail(error as Error);
      this.socket.close(CLOSE_PROTOCOL_ERROR, 'more credit than the link has');
    }
  }

  /** @param what the consumer has sent in place of a credit */
  #refuse(what: string): void {
    this.#fail(new ProtocolError(`${this.options.consumer} sent something that is not a credit: ${what}`));
    this.socket.close(CLOSE_PROTOCOL_ERROR, 'not a credit');
  }

  #lose(reason: string): void {
    this.#fail(new ConnectionLostError(this.options.consumer, reason));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#gate.fail(this.#failure);
  }
}
