import type { Change, Operation, OperationState, RunEventBody } from '@layerline/api';
import type { Revision } from '@layerline/checkpoint';
import type { RunStream } from '../run-stream.js';
import { OperationBusyError, OperationOverError, UnknownOperationError } from './errors.js';
import { backTo } from './revise.js';
import type { Revisable, Revised } from './revise.js';
import type { OperationLog } from './operation-log.js';

/** What a change needs of the run that it changes. */
export interface Reshapable {
  readonly record: Revisable;
  readonly emit: (event: RunEventBody) => void;
  readonly stream: Pick<RunStream, 'hasFrames' | 'hold' | 'snapshot'>;
  /** Lets frames flow again. */
  readonly letGo: () => void;
  /** Ends the present life, for another to follow. */
  readonly endLife: (why: string) => void;
}

/** An operation that is under way. */
interface Pending {
  operation: Operation;
  readonly revision: Revision;
  readonly back: Revision;
  readonly startedAt: number;
  readonly aborted: AbortController;
  heldAt: number | undefined;
  /** Whether the next life begins with the new plan, has begun with it, or is to begin with the old one again. */
  phase: 'before' | 'next' | 'begun' | 'undo' | 'undone';
}

/** Carries out changes of a run's stages, one at a time: from the request until frames flow by the new plan, or the old one again. */
export class Reshaping {
  #pending: Pending | undefined;

  constructor(
    readonly run: Reshapable,
    readonly log: OperationLog,
  ) {}

  /**
   * Begins a change.
   * @param room settles when it is known whether nodes can carry the new plan, with what is missing if they cannot
   * @throws OperationBusyError while another one is under way
   */
  begin(
    { change, revision }: Revised,
    requestId: string | undefined,
    room: (signal: AbortSignal) => Promise<string | undefined>,
  ): Operation {
    const busy = this.#pending?.operation;
    if (busy !== undefined) throw new OperationBusyError(busy.id, nameOf(busy.change));
    const id = (this.log.newest?.id ?? 0) + 1;
    const base = {
      id,
      requestId: requestId ?? null,
      change,
      revision: revision.number,
      bytes: 0,
      seconds: 0,
      pausedSeconds: 0,
    };
    const pending: Pending = {
      operation: { ...base, state: 'accepted', detail: null },
      revision,
      back: backTo(this.run.record, revision.number + 1),
      startedAt: performance.now(),
      aborted: new AbortController(),
      heldAt: undefined,
      phase: 'before',
    };
    this.#pending = pending;
    this.#enter(pending, 'accepted');
    void this.#prepare(pending, room);
    return pending.operation;
  }

  /** Gives up a change that still waits. @throws UnknownOperationError, OperationOverError once it is too late */
  cancel(id: number): Operation {
    const pending = this.#pending;
    const found = this.log.find(id);
    if (found === undefined) throw new UnknownOperationError(id);
    const mayEnd = pending?.operation.id === id && (found.state === 'accepted' || found.state === 'waiting');
    if (!mayEnd) throw new OperationOverError(id, found.state);
    pending.aborted.abort();
    return this.#end(pending, 'cancelled');
  }

  /** The revision that the next life begins with, if it is to begin with a new one. */
  takeRevision(): Revision | undefined {
    const pending = this.#pending;
    if (pending?.phase === 'next') {
      pending.phase = 'begun';
      this.#enter(pending, 'moving');
      return pending.revision;
    }
    if (pending?.phase !== 'undo') return undefined;
    pending.phase = 'undone';
    return pending.back;
  }

  /** Whether the life that is starting is the first by a new plan: it is not waited for, and its failure undoes the change. */
  get isTrying(): boolean {
    return this.#pending?.phase === 'begun';
  }

  /** Frames flow. @param bytes that its stages have been sent of their state */
  running(bytes: number): void {
    const pending = this.#pending;
    if (pending?.phase === 'begun') this.#end(pending, 'applied', null, bytes);
    if (pending?.phase === 'undone') {
      this.#end(pending, 'rolled-back', pending.operation.detail, pending.operation.bytes + bytes);
    }
  }

  /**
   * A life has failed.
   * @param bytes that its stages have been sent of their state
   * @returns whether that is put right by going back to the plan before
   */
  failed(error: Error, bytes: number): boolean {
    const pending = this.#pending;
    if (pending === undefined) return false;
    if (pending.phase === 'begun') {
      pending.phase = 'undo';
      pending.operation = { ...pending.operation, detail: firstLine(error), bytes };
      return true;
    }
    // One that has not got as far as to change anything is over with the life that it was asked of.
    if (pending.phase === 'before' && pending.operation.state === 'snapshotting') {
      pending.aborted.abort();
      this.#end(pending, 'rolled-back', firstLine(error));
    }
    return false;
  }

  /** The run is over. */
  end(): void {
    const pending = this.#pending;
    pending?.aborted.abort();
    if (pending !== undefined)
      this.#end(pending, pending.phase === 'before' ? 'refused' : 'rolled-back', 'the run has ended');
  }

  async #prepare(pending: Pending, room: (signal: AbortSignal) => Promise<string | undefined>): Promise<void> {
    const { signal } = pending.aborted;
    try {
      this.#enter(pending, 'waiting', 'nodes to work out their numerics for the new plan');
      const missing = await room(signal);
      if (signal.aborted) return;
      if (missing !== undefined) return void this.#end(pending, 'refused', missing);
      if (!this.run.stream.hasFrames) this.#enter(pending, 'waiting', 'frames to flow');
      await this.run.stream.hold(signal);
      pending.heldAt = performance.now();
      this.#enter(pending, 'snapshotting');
      const isStored = await this.run.stream.snapshot();
      if (signal.aborted) return;
      if (!isStored) {
        this.run.letGo();
        return void this.#end(pending, 'rolled-back', 'the snapshot for it could not be stored');
      }
      pending.phase = 'next';
      this.run.endLife(nameOf(pending.operation.change));
    } catch (error) {
      if (!signal.aborted) this.#end(pending, 'refused', firstLine(error as Error));
    }
  }

  #end(
    pending: Pending,
    state: OperationState,
    detail: string | null = null,
    bytes = pending.operation.bytes,
  ): Operation {
    this.#pending = undefined;
    pending.operation = { ...pending.operation, bytes };
    this.#enter(pending, state, detail);
    return pending.operation;
  }

  #enter(pending: Pending, state: OperationState, detail: string | null = null): void {
    const now = performance.now();
    pending.operation = {
      ...pending.operation,
      state,
      detail,
      seconds: (now - pending.startedAt) / 1000,
      pausedSeconds: pending.heldAt === undefined ? 0 : (now - pending.heldAt) / 1000,
    };
    this.log.note(pending.operation);
    this.run.emit({ type: 'operation', operation: pending.operation });
  }

  /** The change that is under way, or was the last. */
  get current(): Operation | undefined {
    return this.#pending?.operation ?? this.log.newest;
  }

  /** Whether frames are held for a change. */
  get isHolding(): boolean {
    return this.#pending?.heldAt !== undefined;
  }
}

/** A change in words, as the end of a sentence. */
export function nameOf(change: Change): string {
  if (change.kind === 'move') return `${change.stage} goes to ${change.to}`;
  return `${change.layer} goes from ${change.from} to ${change.to} shards`;
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0] ?? '';
}
