/** A reader this many events behind is dropped: it can begin again from where it was. */
export const MOST_BEHIND = 20_000;

/** Events waiting for a reader. */
export class Backlog<Item> {
  readonly #items: Item[] = [];
  #wake: (() => void) | undefined;
  #overflowed = false;

  /** @param tooSlow makes the error for a reader that is {@link MOST_BEHIND} behind @param signal ends the reading */
  constructor(
    readonly tooSlow: () => Error,
    readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', () => this.#wake?.());
  }

  add(item: Item): void {
    if (this.#items.length < MOST_BEHIND) this.#items.push(item);
    else this.#overflowed = true;
    this.#wake?.();
  }

  /** The next one, once there is one; undefined if the reader has left. @throws what `tooSlow` makes */
  async next(): Promise<Item | undefined> {
    for (;;) {
      if (this.signal?.aborted === true) return undefined;
      if (this.#overflowed) throw this.tooSlow();
      const item = this.#items.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
