import { parse, newSecret } from '@layerline/protocol';
import type {
  Assignment,
  LinkIdentity,
  NodeMessage,
  StageEvent,
  StageOrder,
  StageTelemetry,
} from '@layerline/protocol';
import { evaluatorReport, stagesOf } from '@layerline/pipeline';
import type { EvaluatorReport, Plan, StagePlan } from '@layerline/pipeline';
import { NodeLostError, StageDiedError, StageFailedError } from './errors.js';
import type { NodeConnection, NodeListener } from './node-connection.js';

/** How long stages may take to end after they were told to, before the run is given up without them. */
const END_DEADLINE_MS = 5_000;
/** How long to look for the death that has cut a connection, before the cut itself is taken for the cause. */
const CULPRIT_DEADLINE_MS = 2_000;

/** Told how a run goes. */
export interface RunListener {
  /** A stage has a process. */
  started?(stage: string, pid: number): void;
  /** Everything is linked, and frames begin to flow. */
  began?(): void;
  report?(report: EvaluatorReport): void;
  telemetry?(stage: string, telemetry: StageTelemetry): void;
}

/** A stage as the coordinator knows it. */
interface StageRecord extends StagePlan {
  readonly ticket: string;
  pid: number | undefined;
  port: number | undefined;
  ready: boolean;
  linked: boolean;
  finished: boolean;
  exited: boolean;
}

/**
 * The state machine of a run: starting (processes come up, get ready and link up) → running (frames flow) → ending (every
 * stage has finished or is being ended) → ended.
 */
export class PipelineRun implements NodeListener {
  /** Settles when no stage is left: rejected with what has gone wrong, if anything has. */
  readonly ended: Promise<void>;
  #state: 'starting' | 'running' | 'ending' | 'ended' = 'starting';
  readonly #stages: StageRecord[];
  #failure: Error | undefined;
  #culprit: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #settle!: { resolve: () => void; reject: (error: Error) => void };

  constructor(
    readonly identity: LinkIdentity,
    readonly plan: Plan,
    readonly node: NodeConnection,
    readonly store: Assignment['store'],
    readonly listener: RunListener,
  ) {
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#stages = stagesOf(plan).map((stage, index) => ({
      ...stage,
      ticket: newSecret(),
      pid: undefined,
      port: undefined,
      ready: false,
      linked: index === 0,
      finished: false,
      exited: false,
    }));
    node.listen(this);
    this.#stages.forEach((_, index) => node.send({ type: 'start', assignment: this.#assignment(index) }));
  }

  /** Brings the run to an early end in order: the batch under way is learned from and the model is stored. */
  stop(): void {
    if (this.#state === 'running') this.#order(this.#stages[0] as StageRecord, { type: 'stop' });
    else if (this.#state === 'starting') this.#end();
  }

  /** Ends the run at once, and everything of it, for a reason. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#end();
  }

  message(_: NodeConnection, message: NodeMessage): void {
    const record = 'stage' in message ? this.#stages.find(({ stage }) => stage === message.stage) : undefined;
    if (record === undefined) return;
    if (message.type === 'started') {
      record.pid = message.pid;
      this.listener.started?.(record.stage, message.pid);
    } else if (message.type === 'event') {
      this.#event(record, message.event);
    } else if (message.type === 'exited') {
      this.#exited(record, message);
    }
  }

  lost(node: NodeConnection, reason: string): void {
    for (const record of this.#stages) record.exited = true;
    this.fail(new NodeLostError(node.name, reason));
  }

  #event(record: StageRecord, event: StageEvent): void {
    switch (event.type) {
      case 'listening':
        record.port = event.port;
        return this.#connectConsumerOf(record);
      case 'linked':
        record.linked = true;
        return this.#beginWhenReady();
      case 'ready':
        record.ready = true;
        return this.#beginWhenReady();
      case 'telemetry':
        return this.listener.telemetry?.(record.stage, event.telemetry);
      case 'report':
        return this.listener.report?.(parse(evaluatorReport, event.report));
      case 'failed':
        return this.#blame(record, event);
      case 'finished':
        record.finished = true;
        return;
    }
  }

  #exited(record: StageRecord, exit: Extract<NodeMessage, { type: 'exited' }>): void {
    record.exited = true;
    if (!record.finished && this.#state !== 'ending') {
      this.fail(new StageDiedError(record.stage, record.pid, exit, exit.tail));
    }
    if (this.#stages.every(({ exited }) => exited)) this.#finish();
  }

  /**
   * Takes a stage's word for its failure. A lost connection is mostly the echo of a death elsewhere, whose news may come
   * a little later, so it is believed only when no better cause turns up.
   */
  #blame(record: StageRecord, { code, message }: { code: string; message: string }): void {
    record.finished = true;
    if (this.#state === 'ending') return;
    const error = new StageFailedError(record.stage, record.pid, code, message);
    if (code !== 'ERR_CONNECTION_LOST') return this.fail(error);
    this.#culprit ??= setTimeout(() => this.fail(error), CULPRIT_DEADLINE_MS);
  }

  #connectConsumerOf(record: StageRecord): void {
    const consumer = this.#stages[this.#stages.indexOf(record) + 1];
    if (consumer === undefined || record.port === undefined) return;
    const address = `ws://${this.node.host}:${record.port}`;
    this.#order(consumer, { type: 'connect', address, ticket: record.ticket });
  }

  #beginWhenReady(): void {
    if (this.#state !== 'starting' || !this.#stages.every(({ ready, linked }) => ready && linked)) return;
    this.#state = 'running';
    for (const record of this.#stages) this.#order(record, { type: 'begin' });
    this.listener.began?.();
  }

  #end(): void {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#state = 'ending';
    for (const { stage, exited } of this.#stages) if (!exited) this.node.send({ type: 'kill', stage });
    this.#deadline = setTimeout(() => this.#finish(), END_DEADLINE_MS);
    if (this.#stages.every(({ exited }) => exited)) this.#finish();
  }

  #finish(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#culprit);
    clearTimeout(this.#deadline);
    this.node.listen(undefined);
    if (this.#failure === undefined) this.#settle.resolve();
    else this.#settle.reject(this.#failure);
  }

  #order(record: StageRecord, order: StageOrder): void {
    this.node.send({ type: 'order', stage: record.stage, order });
  }

  #assignment(index: number): Assignment {
    const { stage, role, ticket } = this.#stages[index] as StageRecord;
    const producer = this.#stages[index - 1];
    const consumer = this.#stages[index + 1];
    return {
      ...this.identity,
      stage,
      role,
      settings: this.plan,
      ...(producer && { producer: { stage: producer.stage, maxFrameBytes: producer.maxFrameBytes } }),
      ...(consumer && { consumer: { stage: consumer.stage, host: this.node.host, port: 0, ticket } }),
      store: this.store,
    };
  }
}
