import { setTimeout as sleep } from 'node:timers/promises';
import type { EvaluatorReport } from '@layerline/plan';
import type { LinkIdentity, StageTelemetry, StreamOrder } from '@layerline/protocol';
import { StreamCutError } from './errors.js';
import { Generation } from './generation.js';
import type { GenerationListener, StageProcess } from './generation.js';
import type { NodeConnection } from './node-connection.js';
import { PartServer } from './part-server.js';
import type { Reservation } from './reservation.js';
import type { RunRecord } from './record/run-record.js';
import type { TrainResult } from './record/result.js';
import { RestartPolicy } from './restart-policy.js';

/** Told how a run goes, through all of its lives. */
export interface RunListener {
  started(process: StageProcess): void;
  began(): void;
  report(report: EvaluatorReport): void;
  telemetry(stage: string, telemetry: StageTelemetry): void;
  /** Something that a person should know: a failure that is being healed, a wait for nodes. */
  notice(sentence: string): void;
}

/** What a run needs of the coordinator that it is on. */
export interface RunSurroundings {
  /** What stages show to the part server. */
  readonly secret: string;
  readonly parts: PartServer;
  /**
   * Chooses a node for each stage, and takes a slot there; waits for nodes as long as it takes.
   * @param waiting told what is missing
   */
  readonly place: (record: RunRecord, waiting: (missing: string) => void, signal: AbortSignal) => Promise<Reservation>;
}

export type RunState = 'waiting for nodes' | 'starting' | 'running' | 'paused' | 'recovering' | 'ended';

/** A run was stopped before it had a model. */
export class RunStoppedError extends Error {
  readonly code = 'ERR_RUN_STOPPED';

  constructor(run: string) {
    super(`Run ${run} was stopped before its end; its snapshots are kept: layerline train --resume ${run}`);
    this.name = 'RunStoppedError';
  }
}

/** A run goes on elsewhere: no failure, but the end of a life all the same. */
class RunMovedError extends Error {
  readonly code = 'ERR_RUN_MOVED';

  constructor(run: string, reason: string) {
    super(`Run ${run} moves: ${reason}`);
    this.name = 'RunMovedError';
  }
}

/**
 * Sees a run through: begins a life of it, and after a failure that can be healed the next one, each from the newest sound
 * snapshot, until one comes to its end.
 */
export class Run {
  /** Settles when no stage is left and everything is written down. */
  readonly ended: Promise<TrainResult>;
  readonly #policy = new RestartPolicy();
  readonly #aborted = new AbortController();
  #generation: Generation | undefined;
  #placement: ReadonlyMap<string, NodeConnection> | undefined;
  #state: RunState = 'waiting for nodes';
  #isPaused = false;
  #isStopping = false;
  /** Training batches of the whole run that the present life has reported. */
  #reached = 0;
  /** Those who wait for a snapshot to be stored or given up that is no older than `step`. */
  readonly #onceSettled = new Set<{ readonly step: number; readonly resolve: () => void }>();

  constructor(
    readonly record: RunRecord,
    readonly surroundings: RunSurroundings,
    readonly listener: RunListener,
  ) {
    record.listen({
      snapshotSettled: (step) => {
        this.#generation?.order({ type: 'snapshot-settled', step });
        for (const waiter of this.#onceSettled) if (step >= waiter.step) waiter.resolve();
      },
      unwritable: (error) => this.abort(error),
    });
    this.ended = this.#see();
  }

  get state(): RunState {
    return this.#state === 'running' && this.#isPaused ? 'paused' : this.#state;
  }

  /** The node of each stage in the present life. */
  get placement(): ReadonlyMap<string, NodeConnection> | undefined {
    return this.#placement;
  }

  /** Brings the run to an early end in order: the batch under way is learned from and the model is stored. */
  stop(): void {
    this.#isStopping = true;
    if (this.#generation?.isRunning === true) this.#order({ type: 'stop' });
    else this.abort(new RunStoppedError(this.record.id));
  }

  pause(): void {
    this.#isPaused = true;
    this.#order({ type: 'pause' });
  }

  resume(): void {
    this.#isPaused = false;
    this.#order({ type: 'resume' });
  }

  /** Has a snapshot taken now. */
  snapshot(): void {
    this.#order({ type: 'snapshot' });
  }

  /**
   * Moves the run to the nodes that are open now: from a snapshot that is taken for it, once that is stored.
   * @param reason a sentence @returns when the present life has ended
   */
  async move(reason: string): Promise<void> {
    const generation = this.#generation;
    if (generation?.isRunning === true) {
      await Promise.race([this.#newSnapshot(), generation.ended.catch(() => undefined)]);
    }
    generation?.end(new RunMovedError(this.record.id, reason));
    await generation?.ended.catch(() => undefined);
  }

  /**
   * Has a snapshot taken, and waits until it is stored or given up. One that was under way already will not do where the
   * run has been seen beyond it.
   */
  async #newSnapshot(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onceSettled.add({ step: this.#reached, resolve });
      this.snapshot();
    });
  }

  /** Ends the run at once. */
  abort(error: Error): void {
    this.#aborted.abort(error);
    this.#generation?.end(error);
  }

  async #see(): Promise<TrainResult> {
    const { record } = this;
    try {
      while (!record.hasEnded) await this.#live();
      this.#aborted.signal.throwIfAborted();
      return await record.complete();
    } catch (error) {
      await record.fail(this.#isStopping ? 'stopped' : 'failed', error as Error);
      throw error;
    } finally {
      this.#state = 'ended';
      this.surroundings.parts.close(record.id);
      record.close();
    }
  }

  /** One life. Returns when the stream has come to its end, or when there is to be another life. */
  async #live(): Promise<void> {
    const { record } = this;
    const { incarnation } = record.journal;
    const { generation, resume } = await record.nextLife();
    const identity = { run: record.id, incarnation, generation };
    this.surroundings.parts.open(identity, record);
    // Looking over a snapshot takes seconds. The nodes are chosen after it, so that they are still there when stages start.
    let reservation = await this.#place();
    // A node may have gone, or be drained, since it was chosen.
    while (!reservation.holds) {
      reservation.release();
      reservation = await this.#place();
    }
    try {
      await this.#begin(identity, reservation.nodes, resume).finally(() => reservation.release());
    } catch (error) {
      await this.#recover(error as Error);
    }
  }

  /** Starts the stages in the turn that it is called in. @returns when the last of them has ended, with the stream's end */
  async #begin(
    identity: LinkIdentity,
    placement: ReadonlyMap<string, NodeConnection>,
    resume: number | undefined,
  ): Promise<void> {
    const { record, surroundings } = this;
    this.#aborted.signal.throwIfAborted();
    // The wait for nodes may have been long enough for another coordinator to take the run.
    record.journal.verify();
    this.#placement = placement;
    this.#reached = resume ?? 0;
    this.#onceSettled.clear();
    this.#state = 'starting';
    const store = { path: PartServer.path(identity), secret: surroundings.secret };
    this.#generation = new Generation({ identity, plan: record.plan, placement, store, resume }, this.#listener());
    await this.#generation.ended.finally(() => (this.#generation = undefined));
    if (!record.hasEnded) throw new StreamCutError(record.id);
  }

  async #place(): Promise<Reservation> {
    let said: string | undefined;
    const waiting = (missing: string): void => {
      this.#state = 'waiting for nodes';
      if (missing !== said) this.#notice(`waiting: ${missing}`);
      said = missing;
    };
    return this.surroundings.place(this.record, waiting, this.#aborted.signal);
  }

  /** @throws the error where the run cannot go on after it */
  async #recover(error: Error): Promise<void> {
    const { signal } = this.#aborted;
    signal.throwIfAborted();
    const delay = error instanceof RunMovedError ? 0 : this.#policy.delayAfter(error, this.record.furthest);
    this.#state = 'recovering';
    const [what] = error.message.split('\n');
    this.#notice(`${what}; going back to the newest snapshot`);
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #listener(): GenerationListener {
    const { record, listener } = this;
    return {
      started: (process) => {
        record.started(process);
        listener.started(process);
      },
      began: () => {
        this.#state = 'running';
        record.began();
        listener.began();
        if (this.#isStopping) this.#order({ type: 'stop' });
        else if (this.#isPaused) this.#order({ type: 'pause' });
      },
      report: (report) => {
        if (report.type === 'progress' || report.type === 'training') {
          this.#reached = Math.floor(report.images / record.plan.batch);
        }
        record.report(report);
        listener.report(report);
      },
      telemetry: (stage, telemetry) => {
        record.telemetry(stage, telemetry);
        listener.telemetry(stage, telemetry);
      },
      line: (stage, line) => record.line(stage, line),
      snapshotFailed: (stage, step, message) => {
        record.snapshotFailed(stage, step, message);
        listener.notice(`no snapshot at step ${step}: ${stage}: ${message}`);
      },
    };
  }

  #notice(sentence: string): void {
    this.record.note(sentence);
    this.listener.notice(sentence);
  }

  #order(order: StreamOrder): void {
    this.#generation?.order(order);
  }
}
