import type { StreamOrder } from '@layerline/protocol';
import type { Execution } from './executor.js';
import { SnapshotWaits } from './snapshot-waits.js';

/** The stream of a run's present life, if there is one: what it is ordered, and the snapshots that are taken of it. */
export class RunStream {
  #execution: Execution | undefined;
  /** Where the stages were, of the last life that had any. */
  #placement: ReadonlyMap<string, string> = new Map();
  /** How far it has reported to be, in training batches since the run began. */
  #reached = 0;
  readonly #waits = new SnapshotWaits();
  #flowing: (() => void)[] = [];

  /** A life is about to begin. @param step where it goes on from */
  prepare(step: number): void {
    this.#reached = step;
    this.#waits.clear();
  }

  /** It has begun. */
  begin(execution: Execution): void {
    this.#execution = execution;
    this.#placement = execution.placement;
  }

  /** Frames flow. */
  flow(): void {
    const waiting = this.#flowing;
    this.#flowing = [];
    for (const resolve of waiting) resolve();
  }

  /** Its life is over. */
  leave(): void {
    this.#execution = undefined;
  }

  /** Whether frames flow, or would if they were not held. */
  get hasFrames(): boolean {
    return this.#execution?.isRunning === true;
  }

  /** The name of each stage's node now; none between two lives. */
  get placement(): ReadonlyMap<string, string> {
    return this.#execution === undefined ? new Map<string, string>() : this.#placement;
  }

  /** The same of the life that is over, where there is none now. */
  get lastPlacement(): ReadonlyMap<string, string> {
    return this.#placement;
  }

  /** What its stages have been sent of their state, in bytes. */
  get bytesGiven(): number {
    return this.#execution?.bytesGiven ?? 0;
  }

  /** It has been seen after so many training batches. */
  reach(step: number): void {
    this.#reached = step;
  }

  /** How many training batches it has been seen to have passed. */
  get reached(): number {
    return this.#reached;
  }

  /** Does nothing unless frames flow. */
  order(order: StreamOrder): void {
    this.#execution?.order(order);
  }

  /** The snapshot of this step is stored or given up: the next one may be taken. */
  settleSnapshot(step: number, isStored: boolean): void {
    this.order({ type: 'snapshot-settled', step });
    this.#waits.settle(step, isStored);
  }

  /**
   * Requests a snapshot, and waits until it is known whether it is stored. One that was already under way does not count if the
   * stream has since been seen beyond it.
   * @returns false also where the life is over before
   */
  async snapshot(): Promise<boolean> {
    const execution = this.#execution;
    if (execution?.isRunning !== true) return false;
    const settled = this.#waits.until(this.#reached);
    this.order({ type: 'snapshot' });
    const over = execution.ended.catch(() => undefined).then(() => false);
    return Promise.race([settled, over]);
  }

  /** Waits for frames, and holds them. @throws the signal's reason */
  async hold(signal: AbortSignal): Promise<void> {
    while (!this.hasFrames) await new Promise<void>((resolve) => this.#flowing.push(resolve));
    signal.throwIfAborted();
    this.order({ type: 'pause' });
  }

  /** Ends the life. @param isLast whether no other is to follow */
  end(error: Error, isLast: boolean): void {
    this.#execution?.end(error, isLast);
  }

  /** Settles when nothing of the life is left. */
  async ended(): Promise<void> {
    await this.#execution?.ended.catch(() => undefined);
  }
}
