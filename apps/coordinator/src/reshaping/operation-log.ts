import { isOver } from '@layerline/api';
import type { Operation, OperationEvent, RunEventBody } from '@layerline/api';

/** The changes of a run's stages, as its history has them. */
export class OperationLog {
  /** By id, in the order of their ids. */
  readonly #operations = new Map<number, Operation>();

  /** @param events of a run's history about them, the oldest first */
  constructor(events: readonly OperationEvent[]) {
    for (const { operation } of events) this.#operations.set(operation.id, operation);
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
   * @param revision of the plan that the run goes on with: a later one than the operation's has undone it
   */
  settle(revision: number, emit: (event: RunEventBody) => void): void {
    for (const operation of this.all.filter((each) => !isOver(each))) {
      const isApplied = operation.revision === revision;
      const detail = isApplied ? null : 'the coordinator ended before it was done';
      const settled: Operation = { ...operation, state: isApplied ? 'applied' : 'rolled-back', detail };
      this.note(settled);
      emit({ type: 'operation', operation: settled });
    }
  }
}
