import { Packr } from 'msgpackr';
import { WebSocket } from 'ws';
import { decodeFrame } from './codec.js';
import { CreditWindow } from './credit.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import type { Frame } from './frame.js';
import { FrameReader } from './frame-reader.js';
import { Heartbeat } from './heartbeat.js';
import { CLOSE_INCOMPLETE, CLOSE_NORMAL, dialLink, MAX_FRAGMENTS, PATIENCE, PING_INTERVAL_MS } from './link.js';
import type { CreditMessage, LinkAddress, LinkIdentity, LinkSite } from './link.js';
import { LinkAccount } from './link-account.js';
import { LinkServer } from './link-server.js';
import { byteLength } from './parts.js';

const packr = new Packr({ useRecords: false });

export interface InboundOptions {
  /** The producer's name, for messages. */
  readonly producer: string;
  readonly identity: LinkIdentity;
  /** The size of the largest frame that the plan allows on this link, in bytes. Larger ones are refused. */
  readonly maxFrameBytes: number;
}

/** The consumer's side of a link: frames in order, each exactly once, until the barrier that ends the stream. */
export class InboundLink implements AsyncIterable<Frame> {
  /** Of the frames received, whether they have been read yet or not. Late ones, which are dropped, only take time. */
  readonly account = new LinkAccount();
  readonly #socket: WebSocket;
  readonly #options: InboundOptions;
  readonly #reader: FrameReader<Frame>;
  readonly #window: CreditWindow;
  readonly #queue: { readonly frame: Frame; readonly bytes: number }[] = [];
  readonly #heartbeat: Heartbeat;
  #queuedBytes = 0;
  #failure: Error | undefined;
  #complete = false;
  #closed = false;
  #wake: (() => void) | undefined;
  /** When the ping that is under way was sent. */
  #pingedAt: number | undefined;
  #measuredAt = performance.now();

  /**
   * Dials the producer.
   * @throws ConnectionLostError when it cannot be reached or refuses, UntrustedServerError when another one answers,
   * SyntaxError when the address is not one
   */
  static dial(options: InboundOptions & LinkAddress): Promise<InboundLink> {
    const { producer, maxFrameBytes } = options;
    const limits = { maxPayload: maxFrameBytes, maxFragments: MAX_FRAGMENTS };
    return dialLink(options, producer, limits, (socket) => InboundLink.#over(socket, options));
  }

  /** Waits for the producer to dial, where it cannot be dialled itself. */
  static server(options: InboundOptions & LinkSite): LinkServer<InboundLink> {
    const limits = { maxPayload: options.maxFrameBytes, maxFragments: MAX_FRAGMENTS };
    return new LinkServer({ ...options, ...limits, accept: (socket) => InboundLink.#over(socket, options) });
  }

  static #over(socket: WebSocket, options: InboundOptions): InboundLink {
    const link = new InboundLink(socket, options);
    link.#start();
    return link;
  }

  private constructor(socket: WebSocket, options: InboundOptions) {
    this.#socket = socket;
    this.#options = options;
    const { producer: sender, identity } = options;
    this.#reader = new FrameReader({ sender, identity, due: 'a frame', decode: decodeFrame });
    this.#window = new CreditWindow(options.maxFrameBytes);
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      patience: PATIENCE,
      ping: () => this.#ping(),
      lost: () => {
        this.#fail(new ConnectionLostError(options.producer, `it has left ${PATIENCE} pings without an answer`));
        this.#socket.terminate();
      },
    });
  }

  /**
   * The frames, for one reader. A reader that stops before the end closes the link.
   * @throws ConnectionLostError, ProtocolError
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    try {
      while (!this.#closed && !this.#complete) {
        const next = this.#queue.shift();
        if (next !== undefined) {
          this.#queuedBytes -= next.bytes;
          this.#consume(next.bytes);
          this.#complete = next.frame.kind === 'barrier' && next.frame.order.type === 'end';
          yield next.frame;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#heartbeat.stop();
    this.#socket.close(this.#complete ? CLOSE_NORMAL : CLOSE_INCOMPLETE);
    this.#notify();
  }

  #start(): void {
    const { producer, maxFrameBytes } = this.#options;
    const socket = this.#socket;
    // Keep the parts as they came: joining them would copy every frame once more.
    socket.binaryType = 'fragments';
    socket.on('message', (data: readonly Buffer[] | Buffer) => this.account.time(() => this.#receive(data)));
    socket.on('pong', () => this.#measure());
    socket.on('error', (error) =>
      this.#fail(
        new ProtocolError(
          `${producer} sent something other than a frame of at most ${maxFrameBytes} bytes: ${error.message}`,
        ),
      ),
    );
    socket.on('close', (code) =>
      this.#fail(new ConnectionLostError(producer, `it closed with code ${code} in the middle of the stream`)),
    );
    this.#heartbeat.start();
    this.#grant();
  }

  #receive(data: readonly Buffer[] | Buffer): void {
    if (this.#closed || this.#failure !== undefined) return;
    try {
      const parts = this.#reader.partsOf(data);
      const bytes = byteLength(parts);
      if (this.#queuedBytes + bytes > this.#window.outstanding) {
        throw new ProtocolError(`${this.#options.producer} sent more than it was granted`);
      }
      const frame = this.#reader.read(parts);
      if (frame === undefined) return this.#consume(bytes);
      this.account.count(bytes);
      this.#queue.push({ frame, bytes });
      this.#queuedBytes += bytes;
      this.#notify();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #consume(bytes: number): void {
    this.#window.consume(bytes);
    this.#grant();
  }

  #grant(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const bytes = this.#window.nextGrant();
    if (bytes === 0) return;
    const { incarnation, generation } = this.#options.identity;
    this.#socket.send(packr.pack({ type: 'credit', incarnation, generation, bytes } satisfies CreditMessage));
  }

  /** One ping at a time, as their answers cannot be told apart. */
  #ping(): void {
    if (this.#pingedAt !== undefined) return;
    this.#pingedAt = performance.now();
    this.#socket.ping();
  }

  #measure(): void {
    if (this.#pingedAt === undefined) return;
    this.#heartbeat.alive();
    const now = performance.now();
    this.#window.measure((now - this.#pingedAt) / 1000, (now - this.#measuredAt) / 1000);
    this.#measuredAt = now;
    this.#pingedAt = undefined;
    this.#grant();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.#heartbeat.stop();
    this.#failure ??= error;
    if (error instanceof ProtocolError) this.#socket.terminate();
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
