import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableEvent, LogEntry, RunEnd, RunEvent, RunState, RunStatus, TrainResult } from '@layerline/api';
import type { Plan, RunConfig } from '@layerline/plan';
import type { StreamOrder } from '@layerline/protocol';
import { described, failedStages, RunMovedError, RunStoppedError, StageDiedError, StreamCutError } from './errors.js';
import type { Followed } from './events/follow.js';
import { RunEvents } from './events/run-events.js';
import type { RunEventListener } from './events/run-events.js';
import { makeStatus, Standing } from './events/standing.js';
import type { Execution, Executor, Life } from './executor.js';
import type { RunRecord } from './record/run-record.js';
import { RestartPolicy } from './restart-policy.js';
import { RunLooks } from './run-looks.js';
import { SnapshotWaits } from './snapshot-waits.js';

/**
 * Sees a run through: begins a life, and another after each failure that can be recovered from, each from the newest
 * intact snapshot, until one reaches the end.
 */
export class Run implements Followed {
  /** Everything that happens to the run, for its record and for anyone who follows it. */
  readonly events: RunEvents;
  /** Settles when no stage is left and everything is recorded. */
  readonly ended: Promise<TrainResult>;
  readonly looks: RunLooks;
  #settle!: { readonly resolve: (result: TrainResult) => void; readonly reject: (error: Error) => void };
  readonly #standing: Standing;
  readonly #policy: RestartPolicy;
  readonly #aborted = new AbortController();
  #execution: Execution | undefined;
  #state: RunState = 'waiting';
  #last: RunEvent | undefined;
  #isPaused = false;
  #isStopping = false;
  /** How far the current life has reported to be, in training batches since the run began. */
  #reached = 0;
  readonly #snapshotWaits = new SnapshotWaits();

  constructor(
    readonly record: RunRecord,
    readonly executor: Executor,
  ) {
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Followers of the run are told of its failure, and not every caller awaits `ended`: it must not count as unhandled.
    this.ended.catch(() => undefined);
    const { incarnation, generation } = record.journal;
    this.events = new RunEvents({ incarnation, generation });
    this.#standing = new Standing(record.plan);
    this.#policy = new RestartPolicy(record.id);
    this.looks = new RunLooks(record, (order) => this.#order(order));
    // The record comes first: an event is on disk before anyone else hears of it.
    this.events.subscribe((event) => record.handle(event));
    this.events.subscribe((event) => this.#handle(event));
  }

  get id(): string {
    return this.record.id;
  }

  get plan(): Plan {
    return this.record.plan;
  }

  get config(): RunConfig {
    return this.record.config;
  }

  lastLines(stage: string | undefined, most: number): LogEntry[] {
    return this.record.lastLines(stage, most);
  }

  get lastId(): string {
    return this.events.lastId;
  }

  subscribe(listener: RunEventListener): () => void {
    return this.events.subscribe(listener);
  }

  eventsBetween(after: string, upTo: string): AsyncGenerator<DurableEvent> {
    return this.record.recorder.eventsBetween(after, upTo);
  }

  /** The very last event, once the run has ended. */
  get last(): RunEvent | undefined {
    return this.#last;
  }

  /** Whether frames flow, or would if the run were not paused. */
  get hasFrames(): boolean {
    return this.#execution?.isRunning === true;
  }

  /** The name of each stage's node in the current life. */
  get placement(): ReadonlyMap<string, string> {
    return this.#execution?.placement ?? new Map<string, string>();
  }

  /** Where the run stands. */
  status(): RunStatus {
    const { id, plan, config, journal, restarts } = this.record;
    const standing = this.#standing.read();
    const placement = Object.fromEntries(this.placement);
    return makeStatus({ id, plan, config, journal, restarts, state: this.#state, placement, standing });
  }

  /** Begins the run's first life here. To be called once. */
  start(): void {
    this.record.listen({
      snapshotStored: ({ step, parts, seconds }) => {
        const stored = parts.map(({ name, bytes }) => ({ stage: name, bytes }));
        this.events.emit({ type: 'snapshot-stored', step, parts: stored, seconds });
        this.#settleSnapshot(step);
      },
      snapshotFailed: (step, message) =>
        this.events.emit({ type: 'snapshot-failed', stage: 'coordinator', step, message }),
      unwritable: (error) => this.abort(error),
    });
    this.#see().then(this.#settle.resolve, this.#settle.reject);
  }

  /** Ends the run early but cleanly: the current batch is finished and the model is stored. */
  stop(): void {
    this.#isStopping = true;
    if (this.hasFrames) this.#order({ type: 'stop' });
    else this.abort(new RunStoppedError(this.id));
  }

  pause(): void {
    this.#isPaused = true;
    this.#order({ type: 'pause' });
    if (this.#state === 'running') this.#enter('paused');
  }

  resume(): void {
    this.#isPaused = false;
    this.#order({ type: 'resume' });
    if (this.#state === 'paused') this.#enter('running');
  }

  evaluate(): void {
    this.#order({ type: 'evaluate' });
  }

  snapshot(): void {
    this.#order({ type: 'snapshot' });
  }

  /**
   * Moves the run to the nodes that are open now, once a snapshot taken for the purpose has been stored.
   * @param reason a sentence @returns when the current life has ended
   */
  async move(reason: string): Promise<void> {
    const execution = this.#execution;
    if (execution?.isRunning === true) {
      await Promise.race([this.#newSnapshot(), execution.ended.catch(() => undefined)]);
    }
    execution?.end(new RunMovedError(this.id, reason));
    await execution?.ended.catch(() => undefined);
  }

  /** Ends the run at once. */
  abort(error: Error): void {
    this.#aborted.abort(error);
    this.#execution?.end(error);
  }

  /**
   * Requests a snapshot, and waits until it is stored or given up. One that was already under way does not count if the
   * run has since been seen beyond it.
   */
  async #newSnapshot(): Promise<void> {
    const settled = this.#snapshotWaits.until(this.#reached);
    this.snapshot();
    await settled;
  }

  async #see(): Promise<TrainResult> {
    const { record } = this;
    try {
      while (!record.hasEnded) await this.#live();
      this.#aborted.signal.throwIfAborted();
      const result = await record.complete();
      this.#end({ result });
      return result;
    } catch (error) {
      const reason = await this.#failed(error as Error);
      this.#end({ error: described(reason) });
      throw reason;
    } finally {
      this.executor.release(record.id);
      record.close();
    }
  }

  /** Records a failure. @returns it, or the reason why it could not be recorded */
  async #failed(error: Error): Promise<Error> {
    try {
      await this.record.fail(this.#isStopping ? 'stopped' : 'failed', error);
      return error;
    } catch (reason) {
      return reason as Error;
    }
  }

  /** One life. Returns when the stream has reached its end, or when another life is to follow. */
  async #live(): Promise<void> {
    const { record, executor, events } = this;
    const { signal } = this.#aborted;
    const { incarnation } = record.journal;
    const { generation, resume, last } = await record.nextLife();
    events.begin({ incarnation, generation });
    if (incarnation > 0 || generation > 0) events.emit({ type: 'rewound', step: resume ?? 0 });
    this.#standing.goOnFrom(last);
    this.#reached = resume ?? 0;
    this.#snapshotWaits.clear();
    this.#enter('waiting');
    let said: string | undefined;
    const life: Life = {
      record,
      identity: { run: record.id, incarnation, generation },
      resume,
      emit: (event) => events.emit(event),
      waiting: (missing) => {
        this.#enter('waiting');
        if (missing !== said) this.#notice(`waiting: ${missing}`);
        said = missing;
      },
      starting: () => this.#enter('starting'),
      running: () => this.#running(),
      abort: (error) => this.abort(error),
      signal,
    };
    const execution = await executor.execute(life);
    this.#execution = execution;
    try {
      // The run may have been aborted while this life was starting.
      if (signal.aborted) execution.end(signal.reason as Error);
      await execution.ended;
      if (!record.hasEnded) throw new StreamCutError(record.id);
    } catch (error) {
      await this.#recover(error as Error);
    } finally {
      this.#execution = undefined;
    }
  }

  #running(): void {
    this.#enter(this.#isPaused ? 'paused' : 'running');
    if (this.#isStopping) this.#order({ type: 'stop' });
    else if (this.#isPaused) this.#order({ type: 'pause' });
    this.looks.askAgain();
  }

  /** @throws the error if the run cannot go on after it */
  async #recover(error: Error): Promise<void> {
    const { signal } = this.#aborted;
    signal.throwIfAborted();
    const delay = error instanceof RunMovedError ? 0 : this.#policy.delayAfter(error, this.record.furthest);
    this.#enter('recovering');
    const what = error instanceof StageDiedError ? error.summary : error.message.split('\n')[0];
    this.#notice(`${what}; going back to the newest snapshot`, failedStages(error));
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #handle(event: RunEvent): void {
    this.#standing.handle(event);
    this.looks.handle(event);
    if (event.type === 'progress' || event.type === 'training') {
      this.#reached = Math.floor(event.images / this.record.plan.batch);
    }
    if (event.type === 'snapshot-failed') this.#settleSnapshot(event.step);
    if (event.type === 'ended') this.#last = event;
  }

  /** The snapshot of this step is stored or given up: the next one may be taken. */
  #settleSnapshot(step: number): void {
    this.#order({ type: 'snapshot-settled', step });
    this.#snapshotWaits.settle(step);
  }

  #enter(state: RunState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.emit({ type: 'state', state });
  }

  #end(end: RunEnd): void {
    this.#state = 'ended';
    this.events.emit({ type: 'ended', end });
  }

  #notice(sentence: string, stages: readonly string[] = []): void {
    this.events.emit({ type: 'notice', sentence, ...(stages.length > 0 && { stages: [...stages] }) });
  }

  #order(order: StreamOrder): void {
    this.#execution?.order(order);
  }
}
