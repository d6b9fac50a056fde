/** Memory, or what is made of it, for reuse: it stays mapped and in the cache, and gives the garbage collector no work. */
export class Pool<Item> {
  readonly #idle = new Map<string, Item[]>();

  /** @param shape what items that can stand for each other have in common @param make makes one where none is idle */
  take(shape: string, make: () => Item): Lent<Item> {
    const idle = this.#idle.get(shape) ?? [];
    this.#idle.set(shape, idle);
    const item = idle.pop() ?? make();
    let lent = true;
    const release = (): void => {
      if (lent) idle.push(item);
      lent = false;
    };
    return { item, release };
  }

  /** Those that are not in use. */
  idle(): Item[] {
    return [...this.#idle.values()].flat();
  }
}

export interface Lent<Item> {
  readonly item: Item;
  /** Gives the item back; only the first call does. */
  readonly release: () => void;
}
