interface Event {
  readonly time: number;
  /** Events of the same time happen in the order in which they were scheduled. */
  readonly order: number;
  readonly action: () => void;
}

/** Simulated time, and what is to happen in it. A binary heap of events. */
export class Clock {
  readonly #heap: Event[] = [];
  #scheduled = 0;
  #now = 0;

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** @param delay in milliseconds, at least 0 */
  after(delay: number, action: () => void): void {
    this.#heap.push({ time: this.#now + delay, order: this.#scheduled++, action });
    this.#rise(this.#heap.length - 1);
  }

  /** Lets the next event happen. @returns false where there is none */
  step(): boolean {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (first !== last) {
      this.#heap[0] = last;
      this.#sink();
    }
    this.#now = first.time;
    first.action();
    return true;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#precedes(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#precedes(child, first)) first = child;
      }
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #precedes(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a] as Event, this.#heap[b] as Event];
    return left.time < right.time || (left.time === right.time && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as Event;
    this.#heap[a] = this.#heap[b] as Event;
    this.#heap[b] = held;
  }
}

/** Something that takes time: it calls back once it is over, at once or later. */
export type Wait = (over: () => void) => void;

/** Over once all of several waits are, which begin at the same time. */
export function all(waits: readonly Wait[]): Wait {
  return (over) => {
    let left = waits.length;
    for (const wait of waits) wait(() => --left === 0 && over());
  };
}

/** Runs a process: a generator that yields what it waits for. */
export function start(process: Iterator<Wait, void>): void {
  const advance = (): void => {
    const { done, value } = process.next();
    if (done !== true) value(advance);
  };
  advance();
}
