import type { Assignment } from '@layerline/protocol';

/** A coordinator gave an order about a run that a newer one has taken. */
export class StaleOrderError extends Error {
  readonly code = 'ERR_STALE_ORDER';

  constructor(run: string, given: number, newest: number) {
    super(
      `Run ${run} has been taken by a newer coordinator (incarnation ${newest}): this one (incarnation ${given}) must ` +
        'leave it alone',
    );
    this.name = 'StaleOrderError';
  }
}

/** Remembers the newest life of each run that a node has seen, so that the node takes no orders from an older one. */
export class Fence {
  readonly #newest = new Map<string, { readonly incarnation: number; readonly generation: number }>();

  /** Admits an assignment. @throws StaleOrderError if it belongs to an older life */
  admit({ run, incarnation, generation }: Pick<Assignment, 'run' | 'incarnation' | 'generation'>): void {
    const newest = this.#newest.get(run);
    const age = newest === undefined ? 0 : newest.incarnation - incarnation || newest.generation - generation;
    if (newest !== undefined && age > 0) throw new StaleOrderError(run, incarnation, newest.incarnation);
    this.#newest.set(run, { incarnation, generation });
  }
}
