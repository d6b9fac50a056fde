import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BEFORE_ALL, compareEventIds, formatEventId, parseEventId, trainResult } from '@layerline/api';
import type { DurableEvent, HistoryEvent, RunEnd, RunEvent, RunStatus } from '@layerline/api';
import { RUN_FILES, RunJournal } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import type { Plan, RunConfig } from '@layerline/plan';
import { jsonObjects } from '@layerline/telemetry';
import { makeStatus, Standing } from '../events/standing.js';
import { readHistory } from './history.js';
import { eventOf, idOf, keptEvents } from './kept-events.js';
import { MetricsIndex } from './metrics-index.js';
import { Looks } from './looks.js';
import { OperationLog } from '../reshaping/operation-log.js';
import type { Logged } from './read-log.js';
import { revisedPlan } from './revised-plan.js';
import { readRunAbout } from './run-about.js';

/**
 * A run of which nothing is under way here, as its folder tells of it: what it says is what the run said at its end. Nothing
 * in the folder is changed. One that another process is at work on is shown as it was when the archive was opened.
 */
export class RunArchive implements Logged {
  readonly #standing: Standing;
  /** Id of the newest event that is kept. */
  #newest = BEFORE_ALL;
  #last: Extract<RunEvent, { type: 'ended' }> | undefined;
  #restarts = 0;
  readonly looks: Looks;

  private constructor(
    readonly summary: RunSummary,
    readonly config: RunConfig,
    readonly plan: Plan,
    readonly journal: RunJournal,
    readonly index: MetricsIndex,
    readonly history: readonly HistoryEvent[],
    readonly operations: OperationLog,
  ) {
    this.#standing = new Standing(plan);
    this.looks = new Looks(join(summary.folder, RUN_FILES.looks), plan, () => undefined);
  }

  /** @throws CheckpointError if the folder is damaged, or from another version; the file system's error */
  static async open(summary: RunSummary): Promise<RunArchive> {
    const { folder, startedAt = '' } = summary;
    const { config, plan: submitted } = await readRunAbout(folder);
    const journal = await RunJournal.open(folder);
    const plan = revisedPlan(submitted, journal.revision);
    const index = new MetricsIndex(join(folder, RUN_FILES.metrics), plan, Date.parse(startedAt) || 0);
    const { newest, operations } = await readHistory(join(folder, RUN_FILES.history));
    const log = new OperationLog(operations);
    const archive = new RunArchive(summary, config, plan, journal, index, newest, log);
    await archive.#read();
    return archive;
  }

  get id(): string {
    return this.summary.id;
  }

  get lastId(): string {
    return this.#last?.id ?? this.#newest;
  }

  /** Why it was stopped, where somebody has said so. */
  get stopReason(): string | undefined {
    return this.summary.stopReason;
  }

  get last(): RunEvent | undefined {
    return this.#last;
  }

  status(): RunStatus {
    const { id, plan, config, journal } = this;
    const state = this.#last === undefined ? 'running' : 'ended';
    const standing = this.#standing.read();
    const operation = this.operations.newest ?? null;
    const restarts = this.#restarts;
    return makeStatus({ id, plan, config, journal, restarts, state, placement: {}, operation, standing });
  }

  async *eventsBetween(after: string, upTo: string): AsyncGenerator<DurableEvent> {
    yield* keptEvents(this.index.path, { bytes: statSync(this.index.path).size }, after, upTo);
  }

  /** Nothing happens any more. */
  subscribe(): () => void {
    return () => undefined;
  }

  get logPath(): string {
    return join(this.summary.folder, RUN_FILES.log);
  }

  get isElsewhere(): boolean {
    return this.#last === undefined;
  }

  close(): void {
    this.index.close();
  }

  async #read(): Promise<void> {
    const { startedAt = '' } = this.summary;
    for await (const { object, offset } of jsonObjects(this.index.path)) this.#add(object, offset, startedAt);
    for (const event of this.history) {
      // The lines above, which rewinds have cut, say where it stood after the last of them.
      if (event.type !== 'rewound') this.#standing.handle(event);
      this.#reach(event.id);
    }
    this.#end();
  }

  #add(line: object, offset: number, startedAt: string): void {
    this.index.add(line, offset);
    const id = idOf(line);
    if (id !== undefined) this.#reach(id);
    // Where a run stands does not depend on observations, which are most of the file.
    const event = 'type' in line && line.type === 'observation' ? undefined : eventOf(line, startedAt);
    if (event !== undefined) this.#standing.handle(event);
  }

  #reach(id: string): void {
    if (compareEventIds(id, this.#newest) > 0) this.#newest = id;
  }

  #end(): void {
    const { state, startedAt = '', endedAt = startedAt } = this.summary;
    if (state === 'running') return;
    const end = endOf(this.summary);
    const newest = parseEventId(this.#newest);
    const id = formatEventId({ ...newest, sequence: newest.sequence + 1 });
    const envelope = { id, at: endedAt };
    for (const { stage, role, node, pid } of 'result' in end ? end.result.stages : []) {
      this.#standing.handle({ type: 'stage-started', ...envelope, process: { stage, role, node, pid } });
    }
    if ('result' in end) this.#restarts = end.result.restarts;
    this.#last = { type: 'ended', ...envelope, end };
    this.#standing.handle(this.#last);
  }
}

/** How a run has ended, by its `state.json`. */
function endOf({ id, state, failure, failureCode, result }: RunSummary): RunEnd {
  const known = trainResult.strip().safeParse(result).data;
  if (known !== undefined) return { result: known };
  if (state === 'died') {
    const gone = `The process that was at work on run ${id} is gone: layerline resume ${id} goes on with it`;
    return { error: { code: 'ERR_RUN_DIED', message: failure ?? gone } };
  }
  const message = failure ?? 'The result of this run is from another version of Layerline';
  return { error: { code: failureCode ?? 'ERR_RUN_FAILED', message } };
}
