import type { Frame } from '@layerline/protocol';

/** Frames that may wait in a link: enough that a stage which is held up for one step does not hold up its neighbours. */
const CAPACITY = 2;

/** The link between two stages of one process: frames in order, and no more under way than it has room for. */
export class MemoryLink implements AsyncIterable<Frame> {
  readonly #queue: Frame[] = [];
  #ended = false;
  #failure: Error | undefined;
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: (() => void) | undefined;

  /** Resolves once the frame has found room. One call at a time. @throws what the link has failed with */
  async send(frame: Frame): Promise<void> {
    while (this.#queue.length >= CAPACITY && this.#failure === undefined) {
      await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
    this.#queue.push(frame);
    this.#wakeConsumer?.();
  }

  /** No frame follows. */
  end(): void {
    this.#ended = true;
    this.#wakeConsumer?.();
  }

  /** Breaks the link: both sides meet the error, whatever is still in it. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeConsumer?.();
    this.#wakeProducer?.();
  }

  /** The frames, for one reader. @throws what the link has failed with */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const frame = this.#queue.shift();
      if (frame !== undefined) {
        this.#wakeProducer?.();
        yield frame;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
      }
    }
  }
}
