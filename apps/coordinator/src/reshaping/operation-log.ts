import { isOver } from '@layerline/api';
import type { HistoryEvent, Operation, RunEventBody } from '@layerline/api';

/** The changes of a run's stages, as its history has them. */
export class OperationLog {
  /** By id, in the order of their ids. */
  readonly #operations = new Map<number, Operation>();

  /** @param history of the run, the oldest events first */
  constructor(history: readonly HistoryEvent[]) {
    for (const event of history)
      if (event.type === 'operation') this.#operations.set(event.operation.id, event.operation);
  }

  /** The newest first. */
  get all(): Operation[] {
    return [...this.#operations.values()].reverse();
  }

  get newest(): Operation | undefined {
    return this.all[0];
  }

  find(id: number): Operation | undefined {
    return this.#operations.get(id);
  }

  askedFor(requestId: string): Operation | undefined {
    return this.all.find((each) => each.requestId === requestId);
  }

  note(operation: Operation): void {
    this.#operations.set(operation.id, operation);
  }

  /**
   * Says what became of an operation that an earlier coordinator has left unfinished.
   * @param revision of the plan that the run goes on with
   */
  settle(revision: number, emit: (event: RunEventBody) => void): void {
    for (const operation of this.all.filter((each) => !isOver(each))) {
      const isApplied = operation.revision <= revision;
      const detail = isApplied ? null : 'the coordinator ended before it was done';
      emit({ type: 'operation', operation: { ...operation, state: isApplied ? 'applied' : 'rolled-back', detail } });
    }
  }
}
