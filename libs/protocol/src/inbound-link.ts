import { Packr } from 'msgpackr';
import { WebSocket } from 'ws';
import { decodeFrame } from './codec.js';
import { CreditWindow } from './credit.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import type { Envelope, Frame } from './frame.js';
import { LINK_PATH, LINK_SUBPROTOCOL } from './link.js';
import type { CreditMessage, LinkIdentity } from './link.js';
import { bearer } from './secrets.js';

const packr = new Packr({ useRecords: false });
const HANDSHAKE_DEADLINE_MS = 10_000;
const PING_INTERVAL_MS = 1_000;
/** A producer that answers no ping for this long is taken for gone. */
const PONG_DEADLINE_MS = 30_000;
const MAX_FRAGMENTS = 4096;

export interface DialOptions {
  /** `ws://host:port` of the producer. */
  readonly address: string;
  /** Secret of this link. */
  readonly ticket: string;
  /** The producer's name, for messages. */
  readonly producer: string;
  readonly identity: LinkIdentity;
  /** The size of the largest frame that the plan allows on this link, in bytes. Larger ones are refused. */
  readonly maxFrameBytes: number;
}

/** The consumer's side of a link: frames in order, each exactly once, until the barrier that ends the stream. */
export class InboundLink implements AsyncIterable<Frame> {
  readonly #socket: WebSocket;
  readonly #options: DialOptions;
  readonly #window: CreditWindow;
  readonly #queue: { readonly frame: Frame; readonly bytes: number }[] = [];
  readonly #pings: NodeJS.Timeout;
  #sequence = 0;
  #failure: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  #pingedAt = performance.now();
  #answeredAt = performance.now();

  /**
   * Dials the producer.
   * @throws ConnectionLostError when it cannot be reached or refuses
   */
  static dial(options: DialOptions): Promise<InboundLink> {
    const socket = new WebSocket(options.address + LINK_PATH, LINK_SUBPROTOCOL, {
      headers: { authorization: bearer(options.ticket) },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_DEADLINE_MS,
      maxPayload: options.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
    });
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        reject(new ConnectionLostError(options.producer, `dialling ${options.address}: ${error.message}`, { cause: error }));
      };
      socket.once('error', refuse);
      socket.once('open', () => {
        socket.off('error', refuse);
        resolve(new InboundLink(socket, options));
      });
    });
  }

  private constructor(socket: WebSocket, options: DialOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#window = new CreditWindow(options.maxFrameBytes);
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('pong', () => this.#measure());
    socket.on('error', (error) => this.#fail(new ConnectionLostError(options.producer, error.message)));
    socket.on('close', (code) =>
      this.#fail(new ConnectionLostError(options.producer, `it closed with code ${code} in the middle of the stream`)),
    );
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#grant();
  }

  /** @throws ConnectionLostError, ProtocolError */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#window.consume(next.bytes);
        this.#grant();
        yield next.frame;
        if (next.frame.kind === 'barrier' && next.frame.order.type === 'end') return this.close();
      } else if (this.#failure !== undefined) {
        throw this.#failure;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  close(): void {
    this.#ended = true;
    clearInterval(this.#pings);
    this.#socket.close(1000);
  }

  #receive(data: Buffer): void {
    try {
      const { envelope, frame } = decodeFrame(data);
      if (!this.#isDue(envelope)) return;
      this.#queue.push({ frame, bytes: data.length });
      this.#notify();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Whether the frame is the next one of this life of the run. Frames of an older life are late, and dropped. */
  #isDue(envelope: Envelope): boolean {
    const { run, incarnation, generation } = this.#options.identity;
    if (envelope.run !== run) throw new ProtocolError(`${this.#options.producer} sent a frame of run ${envelope.run}`);
    if (envelope.incarnation < incarnation || envelope.generation < generation) return false;
    if (envelope.incarnation > incarnation || envelope.generation > generation || envelope.sequence !== this.#sequence) {
      throw new ProtocolError(
        `${this.#options.producer} sent frame ${envelope.sequence} of generation ${envelope.generation} ` +
          `where frame ${this.#sequence} of generation ${generation} was due`,
      );
    }
    this.#sequence++;
    return true;
  }

  #grant(): void {
    const bytes = this.#window.nextGrant();
    if (bytes === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    const { incarnation, generation } = this.#options.identity;
    this.#socket.send(packr.pack({ type: 'credit', incarnation, generation, bytes } satisfies CreditMessage));
  }

  #ping(): void {
    const now = performance.now();
    if (this.#answeredAt < this.#pingedAt) {
      if (now - this.#answeredAt > PONG_DEADLINE_MS) this.#socket.terminate();
      return;
    }
    this.#pingedAt = now;
    this.#socket.ping();
  }

  #measure(): void {
    const now = performance.now();
    this.#window.measure((now - this.#pingedAt) / 1000, (now - this.#answeredAt) / 1000);
    this.#answeredAt = now;
    this.#grant();
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    clearInterval(this.#pings);
    this.#failure ??= error;
    if (error instanceof ProtocolError) this.#socket.terminate();
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
