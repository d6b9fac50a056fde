import type { Clock, Wait } from './clock.js';
import type { NodeModel } from './model.js';

/** Milliseconds below which work counts as done: what rounding leaves of it. */
const NOTHING = 1e-6;

interface Work {
  /** Milliseconds that it would still take alone on the node. */
  remaining: number;
  readonly threads: number;
  readonly done: () => void;
}

/**
 * The cores of a node. Work that runs at the same time shares them evenly, thread by thread: the limit of a scheduler
 * whose time slices are short against the work, as an operating system's are.
 */
export class Processor {
  readonly #running = new Set<Work>();
  #advancedAt = 0;
  /** Changes with what is running: an end that was foreseen before does not come. */
  #outlook = 0;
  #coreTime = 0;

  constructor(
    readonly clock: Clock,
    readonly model: NodeModel,
  ) {}

  /** Work that takes so many milliseconds alone on the node. @param threads that it keeps busy */
  work(milliseconds: number, threads: number): Wait {
    return (done) => {
      this.#advance();
      this.#running.add({ remaining: milliseconds, threads, done });
      this.#foresee();
    };
  }

  /** Milliseconds that all cores together have worked since the last call. */
  takeCoreTime(): number {
    this.#advance();
    const taken = this.#coreTime;
    this.#coreTime = 0;
    return taken;
  }

  #advance(): void {
    const elapsed = this.clock.now - this.#advancedAt;
    this.#advancedAt = this.clock.now;
    this.#coreTime += elapsed * this.#busyCores();
    for (const work of this.#running) work.remaining -= elapsed * this.#speed(work);
  }

  #foresee(): void {
    const outlook = ++this.#outlook;
    if (this.#running.size === 0) return;
    const next = Math.min(...Array.from(this.#running, (work) => work.remaining / this.#speed(work)));
    this.clock.after(Math.max(0, next), () => {
      if (outlook === this.#outlook) this.#finish();
    });
  }

  #finish(): void {
    this.#advance();
    const finished = [...this.#running].filter(({ remaining }) => remaining < NOTHING);
    for (const work of finished) this.#running.delete(work);
    this.#foresee();
    for (const { done } of finished) done();
  }

  /** Milliseconds of the work that get done in a millisecond. */
  #speed({ threads }: Work): number {
    const busy = this.#busyCores();
    const alone = Math.min(threads, this.model.cores);
    // What was measured alone contains the slowdown by its own threads.
    return ((busy / this.#demand()) * threads * this.#slowdown(alone)) / (alone * this.#slowdown(busy));
  }

  #slowdown(busyCores: number): number {
    const { cores, slowdown } = this.model;
    return cores === 1 ? 1 : 1 + ((slowdown - 1) * (busyCores - 1)) / (cores - 1);
  }

  #busyCores(): number {
    return Math.min(this.model.cores, this.#demand());
  }

  /** Threads that could run. */
  #demand(): number {
    let threads = 0;
    for (const work of this.#running) threads += work.threads;
    return threads;
  }
}

/** A thread that does one piece of work after the other, in the order in which they come. */
export class Thread {
  readonly #queue: { readonly milliseconds: number; readonly done: () => void }[] = [];
  #running = false;

  constructor(readonly processor: Processor) {}

  work(milliseconds: number): Wait {
    return (done) => {
      this.#queue.push({ milliseconds, done });
      if (!this.#running) this.#next();
    };
  }

  #next(): void {
    const next = this.#queue.shift();
    this.#running = next !== undefined;
    if (next === undefined) return;
    const work = this.processor.work(next.milliseconds, 1);
    work(() => {
      this.#next();
      next.done();
    });
  }
}
