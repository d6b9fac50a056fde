import type { Decoded } from './codec.js';
import { ProtocolError } from './errors.js';
import type { Envelope, LinkMessage } from './frame.js';
import type { LinkIdentity } from './link.js';

export interface FrameReaderOptions<Message extends LinkMessage> {
  /** The sender's name, for messages. */
  readonly sender: string;
  readonly identity: LinkIdentity;
  /** What the sender may send, for messages: a noun with its article. */
  readonly due: string;
  /** Takes bytes for that, and nothing else. */
  readonly decode: (parts: readonly Uint8Array[]) => Decoded<Message>;
}

/** Reads what a peer sends, and holds it to one life of the run. Every error names the sender. */
export class FrameReader<Message extends LinkMessage> {
  #sequence = 0;

  constructor(readonly options: FrameReaderOptions<Message>) {}

  /**
   * The parts of a message, as a socket gives them that does not join fragments.
   * @throws ProtocolError for text, which comes in one piece
   */
  partsOf(data: readonly Buffer[] | Buffer): readonly Buffer[] {
    if (!Buffer.isBuffer(data)) return data;
    const { sender, due } = this.options;
    throw new ProtocolError(`${sender} sent text where ${due} was due`);
  }

  /**
   * Reads the next message.
   * @returns undefined for one of an older life of the run, which is late and to be dropped
   * @throws ProtocolError for anything but the one that is due
   */
  read(parts: readonly Buffer[]): Message | undefined {
    const { envelope, frame } = this.#decode(parts);
    return this.#isDue(envelope) ? frame : undefined;
  }

  #decode(parts: readonly Buffer[]): Decoded<Message> {
    const { sender, due, decode } = this.options;
    try {
      return decode(parts);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new ProtocolError(`${sender} sent something that is not ${due}: ${error.message}`, { cause: error });
    }
  }

  #isDue(envelope: Envelope): boolean {
    const { sender, identity } = this.options;
    const { run, incarnation, generation } = identity;
    if (envelope.run !== run) throw new ProtocolError(`${sender} sent a frame of run ${envelope.run}`);
    const age = envelope.incarnation - incarnation || envelope.generation - generation;
    if (age < 0) return false;
    if (age > 0 || envelope.sequence !== this.#sequence) {
      throw new ProtocolError(
        `${sender} sent frame ${envelope.sequence} of generation ${envelope.incarnation}.${envelope.generation} ` +
          `where frame ${this.#sequence} of generation ${incarnation}.${generation} was due`,
      );
    }
    this.#sequence++;
    return true;
  }
}
