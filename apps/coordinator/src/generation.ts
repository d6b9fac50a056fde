import { evaluatorReport } from '@layerline/api';
import type { RunEventBody } from '@layerline/api';
import { parse, ProtocolError } from '@layerline/protocol';
import type { StageEvent, StageOrder, StageTelemetry, StreamOrder } from '@layerline/protocol';
import { bracketed } from '@layerline/security';
import { NodeLostError, StageDiedError, StageFailedError } from './errors.js';
import { adviceOnDialling } from './link-advice.js';
import { isBetween, linkRecords } from './link-record.js';
import type { LinkRecord } from './link-record.js';
import type { NodeConnection, TaskListener, TaskMessage } from './node-connection.js';
import { ReportCheck } from './report-check.js';
import { assignmentOf, stageRecords } from './stage-record.js';
import type { CommonAssignment, StageRecord } from './stage-record.js';
import { StallWatch } from './stall-watch.js';
import { TelemetryCheck } from './telemetry-check.js';

/** How long stages may take to end once told to, before they are given up and their nodes disconnected. */
const END_DEADLINE_MS = 5_000;
/** How long to look for the death behind a lost connection, before the loss itself is taken as the cause. */
const CULPRIT_DEADLINE_MS = 250;

/** Is told how a generation is going. */
export interface GenerationListener {
  readonly emit: (event: RunEventBody) => void;
  /** All stages are linked, and frames begin to flow. */
  readonly running: () => void;
}

/** What a generation starts from. */
export interface GenerationOptions extends CommonAssignment {
  /** The node of each stage. */
  readonly placement: ReadonlyMap<string, NodeConnection>;
}

/**
 * One life of a run, from the start of its stages' processes to the end of the last of them: starting (processes come up,
 * get ready and link up) → running (frames flow) → ending (stages are told to leave; skipped if all finish) → ended.
 */
export class Generation implements TaskListener {
  /** Settles when no stage is left: rejects with what went wrong, if anything did. */
  readonly ended: Promise<void>;
  #state: 'starting' | 'running' | 'ending' | 'ended' = 'starting';
  readonly #stages: readonly StageRecord[];
  readonly #links: readonly LinkRecord[];
  readonly #check: ReportCheck;
  readonly #telemetryCheck = new TelemetryCheck();
  readonly #stalls: StallWatch;
  #failure: Error | undefined;
  /** A lost connection, until a better explanation turns up. */
  #suspect: Error | undefined;
  #culprit: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #settle!: { resolve: () => void; reject: (error: Error) => void };

  constructor(
    readonly options: GenerationOptions,
    readonly listener: GenerationListener,
  ) {
    const { identity, plan, placement } = options;
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#check = new ReportCheck(plan, options.resume ?? 0);
    this.#stages = stageRecords(identity, plan, placement);
    this.#links = linkRecords(plan, placement);
    this.#stalls = new StallWatch(
      this.#links.filter(({ kind }) => kind === 'stream'),
      (stage, seconds) => this.#stalled(stage, seconds),
    );
  }

  /** Tells the nodes to start the stages, synchronously. */
  start(): void {
    for (const record of this.#stages) {
      record.node.startTask(record.task, assignmentOf(record, this.#links, this.options), this);
    }
  }

  /** Whether frames flow. */
  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Passes an order about the stream on to its head; does nothing unless frames flow. */
  order(order: StreamOrder): void {
    if (!this.isRunning) return;
    if (order.type === 'stop') this.#check.allowStop();
    if (order.type === 'look') this.#check.allowLook(order);
    if (order.type === 'pause' || order.type === 'resume') this.#stalls.pause(order.type === 'pause');
    for (const record of this.#stages) if (record.role === 'feeder') this.#order(record, order);
  }

  /**
   * Ends all stages.
   * @param error the reason, if it is a failure
   * @param isLast whether no other life follows; where one may, their processes are kept for it
   */
  end(error?: Error, isLast = false): void {
    this.#failure ??= error;
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#state = 'ending';
    for (const { node, task, exited } of this.#stages) {
      if (exited) continue;
      if (isLast) node.kill(task);
      else node.leave(task);
    }
    this.#deadline = setTimeout(() => this.#giveUp(), END_DEADLINE_MS);
    this.#finishWhenAllExited();
  }

  message(message: TaskMessage): void {
    const record = this.#stages.find(({ task }) => task === message.task);
    if (record === undefined || this.#state === 'ended') return;
    switch (message.type) {
      case 'started':
        record.pid = message.pid;
        return this.listener.emit({
          type: 'stage-started',
          process: { stage: record.stage, role: record.role, node: record.node.name, pid: message.pid },
        });
      case 'event':
        return this.#event(record, message.event);
      case 'line':
        return this.listener.emit({ type: 'log', stage: record.stage, line: message.line });
      case 'exited':
        return this.#exited(record, message);
      case 'left':
        record.exited = true;
        return this.#finishWhenAllExited();
      case 'refused':
        record.exited = true;
        this.end(new StageFailedError(record.stage, undefined, message.code, message.message));
        return this.#finishWhenAllExited();
    }
  }

  lost(node: NodeConnection, reason: string): void {
    const lost = this.#stages.filter((record) => record.node === node && !record.exited);
    for (const record of lost) record.exited = true;
    this.end(
      new NodeLostError(
        node.name,
        reason,
        lost.map(({ stage }) => stage),
      ),
    );
    this.#finishWhenAllExited();
  }

  #event(record: StageRecord, event: StageEvent): void {
    if (this.#state === 'ending') return;
    switch (event.type) {
      case 'listening':
        return this.#connectNeighbourOf(record, event);
      case 'linked':
        for (const link of this.#links) {
          if (link.to === record.stage && link.from === event.neighbour) link.isLinked = true;
        }
        return this.#beginWhenReady();
      case 'ready':
        record.ready = true;
        return this.#beginWhenReady();
      case 'telemetry':
        return this.#believe(record, () => this.#measure(record, event.telemetry));
      case 'report':
        return this.#believe(record, () => this.#report(record, event.report));
      case 'snapshot-failed':
        return this.listener.emit({
          type: 'snapshot-failed',
          stage: record.stage,
          step: event.step,
          message: event.message,
        });
      case 'failed':
        return this.#blame(record, event);
      case 'finished':
        record.finished = true;
        return;
      case 'left':
      case 'pong':
        return;
    }
  }

  #stalled(stage: string, seconds: number): void {
    const { pid } = this.#stages.find((record) => record.stage === stage) as StageRecord;
    const reason = `no frame has moved for ${Math.round(seconds)} s, and this stage is holding up the others`;
    this.end(new StageFailedError(stage, pid, 'ERR_STALLED', reason));
  }

  #measure({ stage }: StageRecord, telemetry: StageTelemetry): void {
    this.#telemetryCheck.check(stage, telemetry);
    this.#stalls.measure(stage, telemetry);
    this.listener.emit({ type: 'telemetry', stage, telemetry });
  }

  #report({ role }: StageRecord, raw: unknown): void {
    if (role !== 'evaluator') throw new ProtocolError('it sent a report, which only the evaluator may do');
    const report = parse(evaluatorReport, raw);
    this.#check.check(report);
    this.listener.emit(report);
  }

  /** Passes on what a stage says if the stage may say it and it can be true; if not, that stage alone has failed. */
  #believe(record: StageRecord, pass: () => void): void {
    try {
      pass();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#blame(record, error);
    }
  }

  #exited(record: StageRecord, exit: Extract<TaskMessage, { type: 'exited' }>): void {
    record.exited = true;
    if (!record.finished && this.#state !== 'ending') {
      this.end(new StageDiedError(record.stage, record.pid, exit, exit.tail));
    }
    this.#finishWhenAllExited();
  }

  /**
   * Takes a stage's word for its failure. A lost connection is usually the echo of a death elsewhere, news of which may
   * arrive a little later, so it is believed only if no better explanation turns up.
   */
  #blame(record: StageRecord, { code, message }: { code: string; message: string }): void {
    record.finished = true;
    const advice = adviceOnDialling(message, record.node, [...this.options.placement.values()]);
    const error = new StageFailedError(record.stage, record.pid, code, message + advice);
    if (code !== 'ERR_CONNECTION_LOST') return this.end(error);
    this.#suspect ??= error;
    this.#culprit ??= setTimeout(() => this.end(this.#suspect), CULPRIT_DEADLINE_MS);
  }

  #connectNeighbourOf(record: StageRecord, { neighbour, port }: Extract<StageEvent, { type: 'listening' }>): void {
    const isLink = this.#links.some(
      (link) => isBetween(link, record.stage, neighbour) && link[link.waits] === record.stage,
    );
    const dialler = this.#stages.find(({ stage }) => stage === neighbour);
    if (!isLink || dialler === undefined) {
      return this.#blame(record, new ProtocolError(`it waits for ${neighbour}, with which it has no link`));
    }
    const { host, fingerprint } = record.node.capabilities;
    const secured = fingerprint === undefined ? {} : { fingerprint };
    const address = `${fingerprint === undefined ? 'ws' : 'wss'}://${bracketed(host)}:${port}`;
    this.#order(dialler, { type: 'connect', neighbour: record.stage, address, ...secured });
  }

  #beginWhenReady(): void {
    const isReady = this.#stages.every(({ ready }) => ready) && this.#links.every(({ isLinked }) => isLinked);
    if (this.#state !== 'starting' || !isReady) return;
    this.#state = 'running';
    for (const record of this.#stages) this.#order(record, { type: 'begin' });
    this.#stalls.start();
    this.listener.running();
  }

  /** Disconnects nodes that do not end their stages: they then end them by themselves, or are gone. */
  #giveUp(): void {
    for (const { node, exited } of this.#stages) if (!exited) node.close();
    this.#finish();
  }

  #finishWhenAllExited(): void {
    if (this.#stages.every(({ exited }) => exited)) this.#finish();
  }

  #finish(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stalls.stop();
    clearTimeout(this.#culprit);
    clearTimeout(this.#deadline);
    // If every stage has lost a connection, the last may have exited before the wait for a better cause was over.
    const failure = this.#failure ?? this.#suspect;
    if (failure === undefined) this.#settle.resolve();
    else this.#settle.reject(failure);
  }

  #order({ node, task }: StageRecord, order: StageOrder): void {
    node.order(task, order);
  }
}
