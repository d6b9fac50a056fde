import type { WebSocket } from 'ws';
import { decodeSums, encodeFrame } from './codec.js';
import { ConnectionLostError, ProtocolError } from './errors.js';
import type { Sums } from './frame.js';
import { FrameReader } from './frame-reader.js';
import { Heartbeat } from './heartbeat.js';
import { CLOSE_NORMAL, dialLink, MAX_FRAGMENTS, PATIENCE, PING_INTERVAL_MS } from './link.js';
import type { LinkAddress, LinkIdentity, LinkSite } from './link.js';
import { LinkAccount } from './link-account.js';
import { LinkServer } from './link-server.js';
import { envelopeOf, lengthWithin, writeParts } from './outgoing.js';

/**
 * Sums that may be under way in one direction: those that the peer is about to read, and those of the next frame. Nobody has
 * the ones after that to send before the peer, having read the first, has sent its own of the next frame.
 */
const MOST_UNDER_WAY = 2;

export interface PeerOptions {
  /** The peer's name, for messages. */
  readonly peer: string;
  readonly identity: LinkIdentity;
  /** The size of the largest sums that the plan allows on this link, in bytes, in either direction. */
  readonly maxFrameBytes: number;
}

/**
 * One end of a link between two shards of a layer, over which they exchange sums in lockstep: each sends those of a frame, then
 * reads the other's, and only then goes on to the next.
 */
export class PeerLink {
  /** Frames and bytes of the sums sent, and the time of those received as well. */
  readonly account = new LinkAccount();
  readonly #socket: WebSocket;
  readonly #options: PeerOptions;
  readonly #reader: FrameReader<Sums>;
  readonly #heartbeat: Heartbeat;
  /** Received, and not read yet. */
  readonly #queue: Sums[] = [];
  #sequence = 0;
  /** Sums that are still in this process's memory on their way out. */
  #leaving = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Dials the peer. @throws as {@link InboundLink.dial} */
  static dial(options: PeerOptions & LinkAddress): Promise<PeerLink> {
    const { peer, maxFrameBytes } = options;
    const limits = { maxPayload: maxFrameBytes, maxFragments: MAX_FRAGMENTS };
    return dialLink(options, peer, limits, (socket) => PeerLink.#over(socket, options));
  }

  /** Waits for the peer to dial. */
  static server(options: PeerOptions & LinkSite): LinkServer<PeerLink> {
    const limits = { maxPayload: options.maxFrameBytes, maxFragments: MAX_FRAGMENTS };
    return new LinkServer({ ...options, ...limits, accept: (socket) => PeerLink.#over(socket, options) });
  }

  static #over(socket: WebSocket, options: PeerOptions): PeerLink {
    const link = new PeerLink(socket, options);
    link.#start();
    return link;
  }

  private constructor(socket: WebSocket, options: PeerOptions) {
    this.#socket = socket;
    this.#options = options;
    const { peer: sender, identity } = options;
    this.#reader = new FrameReader({ sender, identity, due: 'a frame of sums', decode: decodeSums });
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      patience: PATIENCE,
      ping: () => socket.ping(),
      lost: () => {
        this.#lose(`it has been silent for ${PATIENCE} pings`);
        socket.terminate();
      },
    });
  }

  /**
   * Sends the sums of the next frame, without waiting. The memory of their blocks must not change before the peer's sums of
   * the frame after that have been received: by then it has read these. Does nothing once the link has ended, which whoever
   * still needs the peer learns from {@link receive}.
   * @throws ProtocolError when they are larger than the plan allows
   */
  send(sums: Sums): void {
    const { peer, identity, maxFrameBytes } = this.#options;
    const envelope = envelopeOf(identity, this.#sequence);
    const parts = this.account.time(() => encodeFrame(envelope, sums));
    const bytes = lengthWithin(maxFrameBytes, parts, peer);
    if (this.#failure !== undefined) return;
    if (this.#leaving === MOST_UNDER_WAY) {
      const waiting = `${MOST_UNDER_WAY} frames of sums still wait for it here`;
      return this.#fail(new ProtocolError(`${peer} goes on without reading what it is sent: ${waiting}`));
    }
    this.#sequence++;
    this.#leaving++;
    this.account.count(bytes);
    this.account.time(() => writeParts(this.#socket, parts, () => this.#leaving--));
  }

  /**
   * The peer's next sums, as soon as they are there. One call at a time.
   * @throws ConnectionLostError when the link has ended and all that came before was read, ProtocolError when the peer does
   * not keep to the protocol
   */
  async receive(): Promise<Sums> {
    if (this.#wake !== undefined) throw new Error('Two callers wait for sums at the same time');
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) return next;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends the link in order: the peer still gets what was sent. */
  close(): void {
    this.#lose('it was closed at this end');
    this.#socket.close(CLOSE_NORMAL);
  }

  #start(): void {
    const { peer, maxFrameBytes } = this.#options;
    const socket = this.#socket;
    // Keep the parts as they came: joining them would copy all sums once more.
    socket.binaryType = 'fragments';
    socket.on('message', (data: readonly Buffer[] | Buffer) => this.account.time(() => this.#receive(data)));
    for (const sign of ['ping', 'pong'] as const) socket.on(sign, () => this.#heartbeat.alive());
    // Raised for what was received: it is not a WebSocket message, or longer than the largest sums.
    socket.on('error', ({ message }) => {
      const what = `something other than a frame of sums of at most ${maxFrameBytes} bytes`;
      this.#fail(new ProtocolError(`${peer} sent ${what}: ${message}`));
    });
    socket.on('close', (code) => this.#lose(`it closed with code ${code}`));
    this.#heartbeat.start();
  }

  #receive(data: readonly Buffer[] | Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      const sums = this.#reader.read(this.#reader.partsOf(data));
      if (sums === undefined) return;
      if (this.#queue.length === MOST_UNDER_WAY) {
        throw new ProtocolError(
          `${this.#options.peer} sent more sums while ${MOST_UNDER_WAY} frames of them were still unread`,
        );
      }
      this.#queue.push(sums);
      this.#notify();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #lose(reason: string): void {
    this.#fail(new ConnectionLostError(this.#options.peer, reason));
  }

  /** The first failure counts, and nothing is taken from the peer after it. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#heartbeat.stop();
    if (error instanceof ProtocolError) this.#socket.terminate();
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
