import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableEvent, Notice, RunEnd, RunEvent, RunState, RunStatus, TrainResult } from '@layerline/api';
import type { Plan, RunConfig } from '@layerline/plan';
import { toldOf } from './end-of-life.js';
import { described, PlacementError, RunMovedError, StreamCutError } from './errors.js';
import { recordEvents } from './events/record-events.js';
import { RunEvents } from './events/run-events.js';
import type { RunEventListener } from './events/run-events.js';
import { makeStatus, Standing, topologyOf } from './events/standing.js';
import type { Executor, Life } from './executor.js';
import type { Logged } from './record/read-log.js';
import type { RunRecord } from './record/run-record.js';
import { RunReshapedError } from './reshaping/errors.js';
import { OperationLog } from './reshaping/operation-log.js';
import { Reshaping } from './reshaping/reshaping.js';
import type { Reshapable } from './reshaping/reshaping.js';
import { RunChanges } from './reshaping/run-changes.js';
import { RestartPolicy } from './restart-policy.js';
import { RunLooks } from './run-looks.js';
import { RunStream } from './run-stream.js';
import { Steering } from './steering/steering.js';
import type { Steerable } from './steering/steering.js';

/**
 * Sees a run through: begins a life, and another after each failure that can be recovered from, each from the newest
 * intact snapshot, until one reaches the end.
 */
export class Run implements Logged {
  readonly isElsewhere = false;
  /** Everything that happens to the run, for its record and for anyone who follows it. */
  readonly events: RunEvents;
  /** Settles when no stage is left and everything is recorded. */
  readonly ended: Promise<TrainResult>;
  readonly looks: RunLooks;
  /** What operators ask of it. */
  readonly steering: Steering;
  /** Of its stages, as operators ask for them. */
  readonly changes: RunChanges;
  readonly #reshaping: Reshaping;
  #settle!: { readonly resolve: (result: TrainResult) => void; readonly reject: (error: Error) => void };
  readonly #standing: Standing;
  readonly #policy: RestartPolicy;
  readonly #aborted = new AbortController();
  readonly #stream = new RunStream();
  #state: RunState = 'waiting';
  #last: RunEvent | undefined;

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
    this.looks = new RunLooks(record, (order) => this.#stream.order(order));
    this.#reshaping = new Reshaping(this.#reshapable(), new OperationLog(record.recorder.history.operations));
    this.changes = new RunChanges(record, executor, this.#reshaping, () => this.placement);
    this.steering = new Steering(this.#steerable());
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

  get logPath(): string {
    return this.record.folder.log;
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
    return this.#stream.hasFrames;
  }

  /** How many training batches it has been seen to have passed. */
  get reached(): number {
    return this.#stream.reached;
  }

  /** The name of each stage's node in the current life. */
  get placement(): ReadonlyMap<string, string> {
    return this.#stream.placement;
  }

  /** Why it is being stopped, or was, where somebody has said so. */
  get stopReason(): string | undefined {
    return this.steering.reason;
  }

  /** Where the run stands. */
  status(): RunStatus {
    const { id, plan, config, journal, restarts } = this.record;
    const standing = this.#standing.read();
    const placement = Object.fromEntries(this.placement);
    const operation = this.#reshaping.current ?? null;
    return makeStatus({ id, plan, config, journal, restarts, state: this.#state, placement, operation, standing });
  }

  /** Begins the run's first life here. To be called once. */
  start(): void {
    const settled = (step: number): void => this.#stream.settleSnapshot(step, true);
    this.record.listen(recordEvents(this.events, settled, (error) => this.abort(error)));
    this.#reshaping.log.settle(this.record.journal.revision?.number ?? 0, (event) => this.events.emit(event));
    this.#see().then(this.#settle.resolve, this.#settle.reject);
  }

  #reshapable(): Reshapable {
    return {
      record: this.record,
      stream: this.#stream,
      emit: (event) => this.events.emit(event),
      letGo: () => this.#stream.order({ type: this.steering.isPaused ? 'pause' : 'resume' }),
      endLife: (why) => this.#stream.end(new RunReshapedError(this.id, why), false),
    };
  }

  #steerable(): Steerable {
    return {
      id: this.id,
      stream: this.#stream,
      state: () => this.#state,
      enter: (state) => this.#enter(state),
      isHeld: () => this.#reshaping.isHolding,
      abort: (error) => this.abort(error),
      notice: (sentence) => this.#notice(sentence),
    };
  }

  /**
   * Moves the run to the nodes that are open now, once a snapshot taken for the purpose has been stored.
   * @param reason a sentence @returns when the current life has ended
   */
  async move(reason: string): Promise<void> {
    await this.#stream.snapshot();
    this.#stream.end(new RunMovedError(this.id, reason), false);
    await this.#stream.ended();
  }

  /** Ends the run at once. */
  abort(error: Error): void {
    this.#aborted.abort(error);
    this.#stream.end(error, true);
  }

  async #see(): Promise<TrainResult> {
    const { record } = this;
    try {
      while (!record.hasEnded) await this.#live();
      this.#aborted.signal.throwIfAborted();
      const result = await record.complete(this.steering.reason);
      this.#end({ result });
      return result;
    } catch (error) {
      const { isStopping, reason: stopReason } = this.steering;
      const failed = record.fail(isStopping ? 'stopped' : 'failed', error as Error, stopReason);
      // Where that cannot be recorded, the reason why.
      const reason = (await failed.catch((unrecorded: unknown) => unrecorded as Error)) ?? (error as Error);
      this.#end({ error: described(reason) });
      throw reason;
    } finally {
      this.executor.release(record.id);
      record.close();
    }
  }

  /** One life. Returns when the stream has reached its end, or when another life is to follow. */
  async #live(): Promise<void> {
    const { record, executor, events } = this;
    const { signal } = this.#aborted;
    const { incarnation } = record.journal;
    const revision = this.#reshaping.takeRevision();
    const { generation, resume, last } = await record.nextLife(revision);
    events.begin({ incarnation, generation });
    if (incarnation > 0 || generation > 0) events.emit({ type: 'rewound', step: resume ?? 0 });
    if (revision !== undefined) events.emit({ type: 'revised', topology: topologyOf(record) });
    this.#standing.goOnFrom(last);
    this.#stream.prepare(resume ?? 0);
    if (revision === undefined) this.#enter('waiting');
    let said: string | undefined;
    const given = new AbortController();
    const life: Life = {
      record,
      identity: { run: record.id, incarnation, generation },
      resume,
      stay: revision && this.#stream.lastPlacement,
      emit: (event) => events.emit(event),
      waiting: (missing) => {
        if (this.#reshaping.isTrying) return given.abort(new PlacementError(missing));
        this.#enter('waiting');
        if (missing !== said) this.#notice(`waiting: ${missing}`, { during: 'waiting' });
        said = missing;
      },
      starting: () => this.#enter(revision === undefined ? 'starting' : 'reshaping'),
      running: () => this.#running(),
      abort: (error) => this.abort(error),
      signal: AbortSignal.any([signal, given.signal]),
    };
    try {
      const execution = await executor.execute(life);
      this.#stream.begin(execution);
      // The run may have been aborted while this life was starting.
      if (signal.aborted) execution.end(signal.reason as Error, true);
      await execution.ended;
      if (!record.hasEnded) throw new StreamCutError(record.id);
    } catch (error) {
      await this.#recover(error as Error);
    } finally {
      this.#stream.leave();
    }
  }

  #running(): void {
    this.#reshaping.running(this.#stream.bytesGiven);
    this.#enter(this.steering.isPaused ? 'paused' : 'running');
    this.steering.repeat();
    this.#stream.flow();
    this.looks.askAgain();
  }

  /** @throws the error if the run cannot go on after it */
  async #recover(error: Error): Promise<void> {
    const { signal } = this.#aborted;
    signal.throwIfAborted();
    if (error instanceof RunReshapedError || this.#reshaping.failed(error, this.#stream.bytesGiven))
      return this.#enter('reshaping');
    const isMove = error instanceof RunMovedError;
    const delay = isMove ? 0 : this.#policy.delayAfter(error, this.record.furthest);
    this.#enter(isMove ? 'reshaping' : 'recovering');
    if (!isMove) this.record.restarts++;
    const { sentence, stages } = toldOf(error);
    this.#notice(sentence, stages.length > 0 ? { stages: [...stages] } : {});
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #handle(event: RunEvent): void {
    this.#standing.handle(event);
    this.looks.handle(event);
    if (event.type === 'progress' || event.type === 'training') {
      this.#stream.reach(Math.floor(event.images / this.record.plan.batch));
    }
    if (event.type === 'snapshot-failed') this.#stream.settleSnapshot(event.step, false);
    if (event.type === 'ended') this.#last = event;
  }

  #enter(state: RunState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.emit({ type: 'state', state });
  }

  #end(end: RunEnd): void {
    this.#reshaping.end();
    this.#state = 'ended';
    this.events.emit({ type: 'ended', end });
  }

  #notice(sentence: string, about: Pick<Notice, 'stages' | 'during'> = {}): void {
    this.events.emit({ type: 'notice', sentence, ...about });
  }
}
