import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import type { HistoryEvent, RunOverview, RunReading } from '@layerline/api';
import { CheckpointError, FencedError, listRuns, readRunState, summarizeRun } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import type { Plan, RunConfig } from '@layerline/plan';
import type { FoundProcess } from '@layerline/process';
import { RunBusyError, UnknownRunError } from './errors.js';
import type { ActivityFeed } from './events/activity.js';
import { RunActivities } from './events/run-activity.js';
import type { Executor } from './executor.js';
import { Tally } from './metrics/tally.js';
import { Archives } from './record/archives.js';
import { KnownConfigs } from './record/known-configs.js';
import { RunUnderWayError } from './record/errors.js';
import type { Looks } from './record/looks.js';
import type { MetricsIndex } from './record/metrics-index.js';
import { overviewsIn } from './record/overview.js';
import { removeRun } from './record/remove-run.js';
import { readRunAbout } from './record/run-about.js';
import type { RunArchive } from './record/run-archive.js';
import { RunRecord } from './record/run-record.js';
import type { NewRun } from './record/initial-state.js';
import { OperationLog } from './reshaping/operation-log.js';
import { watchLearning } from './learning-watch.js';
import { Run } from './run.js';
import { RunNames } from './run-names.js';
import { RunEndedError } from './steering/errors.js';

/** How to take up a run that already exists. */
export interface TakingUp {
  /** Even if a process still seems to be at work on it, which is then fenced off. */
  readonly takeOver: boolean;
  /** Go on even with numerics other than those it began with. */
  readonly allowDifferentNumbers?: boolean;
  /** Start over if it had snapshots and none is left. */
  readonly fromStart?: boolean;
}

/** How long an ended run is measured after its end: a scraper with the longest usual interval, a minute, sees its last values. */
const MEASURED_AFTER_END_MS = 5 * 60_000;

/** What is kept of a run. */
export interface Kept {
  readonly index: MetricsIndex;
  /** The newest events of its history, the oldest of them first. */
  readonly history: readonly HistoryEvent[];
  /** Changes of its stages. */
  readonly operations: OperationLog;
  readonly looks: Looks;
}

/** A coordinator's runs, each in its own folder below a common one. */
export class RunRegistry {
  readonly #runs = new Map<string, Run>();
  /** What is counted and measured in each of them. */
  readonly #tallies = new Map<string, Tally>();
  /** Settles once the runs of an earlier coordinator have been taken up, if they are to be. */
  #adopting: Promise<unknown> = Promise.resolve();
  /** Why runs that an earlier coordinator left unfinished could not be taken up. */
  readonly #notTakenUp = new Map<string, string>();
  readonly #archives = new Archives();
  readonly #configs = new KnownConfigs();
  readonly #names: RunNames;
  /** Runs that are being taken up again, by id. */
  readonly #reviving = new Map<string, Promise<Run>>();

  /** Settles when another coordinator has taken one of this one's runs. */
  readonly fenced: Promise<FencedError>;
  #fence!: (error: FencedError) => void;

  /**
   * @param root folder of the runs @param version of the program @param executor carries the runs out
   * @param activity told what becomes of them
   */
  constructor(
    readonly root: string,
    readonly version: string,
    readonly executor: Executor,
    readonly activity: Pick<ActivityFeed, 'emit'>,
  ) {
    this.fenced = new Promise((resolve) => (this.#fence = resolve));
    this.#names = new RunNames(root, this.#runs);
  }

  get all(): Run[] {
    return [...this.#runs.values()];
  }

  /** @throws UnknownRunError */
  get(id: string): Run {
    const found = this.#runs.get(id);
    if (found === undefined) throw new UnknownRunError(id);
    return found;
  }

  /**
   * A run of this coordinator, or one in its folder that is not under way here.
   * @param text its id or its name, or the beginning or end of its id @throws UnknownRunError, AmbiguousRunError, CheckpointError if its folder is damaged
   */
  async view(text: string): Promise<Run | RunArchive> {
    await this.#adopting;
    const id = await this.#names.idOf(text);
    return (await this.#find(id)) ?? this.#archive(this.root, id);
  }

  /** What is kept of a run so far, wherever it is. @throws as {@link view} does */
  async kept(text: string): Promise<Kept> {
    await this.#adopting;
    const id = await this.#names.idOf(text);
    const run = await this.#find(id);
    if (run === undefined) return this.#archive(this.root, id);
    const { recorder, looks, folder } = run.record;
    if (run.last === undefined) {
      const operations = new OperationLog(recorder.history.operations);
      return { index: recorder.index, history: recorder.history.newest, operations, looks };
    }
    const { path } = folder;
    return this.#archive(dirname(path), basename(path));
  }

  /** What is measured of those that are under way or have just ended. @param now of the monotonic clock, in milliseconds */
  readings(now = performance.now()): RunReading[] {
    return [...this.#tallies].flatMap(([id, tally]) =>
      now - (tally.endedAt ?? now) < MEASURED_AFTER_END_MS ? [tally.read(this.get(id).status())] : [],
    );
  }

  /** Begins a new run. @throws NameTakenError, RunFolderError */
  async begin(config: RunConfig, plan: Plan, given: NewRun = {}): Promise<Run> {
    if (given.name !== undefined) await this.#names.refuseTaken(given.name);
    const about = { layerline: this.version, config, plan };
    const record = await RunRecord.create(this.root, about, { ...given, snapshotRoot: config.snapshotDir });
    return this.#start(record, 'run-submitted');
  }

  /**
   * Takes up a run that ended early.
   * @throws RunBusyError if a process is at work on it, CheckpointError if it is damaged
   */
  async takeUp(folder: string, { takeOver, fromStart = false, allowDifferentNumbers = false }: TakingUp): Promise<Run> {
    const { config: begunWith, plan } = await readRunAbout(folder);
    const config = allowDifferentNumbers ? { ...begunWith, allowDifferentNumbers } : begunWith;
    const options = { snapshotRoot: config.snapshotDir, takeOver, fromStart };
    return this.#start(await RunRecord.resume(folder, { config, plan }, options), 'run-taken-up');
  }

  /**
   * Takes up one of these runs that has ended, or could not be taken up before. Whoever asks meanwhile gets the same run.
   * @throws RunEndedError if it has completed, and what {@link takeUp} does
   */
  revive(run: Run | RunArchive, how: TakingUp): Promise<Run> {
    const { id } = run;
    const reviving = this.#reviving.get(id) ?? this.#revive(run, how).finally(() => this.#reviving.delete(id));
    this.#reviving.set(id, reviving);
    return reviving;
  }

  async #revive(run: Run | RunArchive, how: TakingUp): Promise<Run> {
    const present = this.#runs.get(run.id);
    if (present !== undefined && present.last === undefined) return present;
    // Its last words are out before its record is closed.
    if (run instanceof Run) await run.ended.catch(() => undefined);
    const folder = run instanceof Run ? run.record.folder.path : run.summary.folder;
    const { end } = run.status();
    if (end !== null && (await readRunState(folder)).state === 'completed') {
      throw new RunEndedError(run.id, end, run.stopReason);
    }
    const revived = await this.takeUp(folder, how);
    this.#notTakenUp.delete(run.id);
    return revived;
  }

  /**
   * Takes up the runs that an earlier coordinator left unfinished. To be called before any run is begun.
   * @param takeOver even those that it still seems to be at work on; it is then fenced off from them
   * @returns a sentence for each run that was left alone or could not be taken up
   */
  adopt(how: { readonly takeOver: boolean }): Promise<string[]> {
    const adopting = this.#adopt(how);
    this.#adopting = adopting.catch(() => undefined);
    return adopting;
  }

  async #adopt({ takeOver }: { readonly takeOver: boolean }): Promise<string[]> {
    const sentences: string[] = [];
    for (const { id, folder, state, writer, failure } of await listRuns(this.root)) {
      if (state === 'damaged') sentences.push(`Run ${id} is left as it is: ${failure ?? 'it cannot be read'}`);
      if (state !== 'died' && state !== 'running') continue;
      // This process is at work on nothing yet: the pid is reused, as by the first process of a restarted container.
      if (writer !== undefined && !isThisProcess(writer) && !takeOver) {
        sentences.push(`${new RunBusyError(id, writer).message}. It is left as it is`);
        continue;
      }
      try {
        await this.takeUp(folder, { takeOver: takeOver || writer !== undefined });
      } catch (error) {
        const why = (error as Error).message;
        this.#notTakenUp.set(id, why);
        sentences.push(`Cannot take up run ${id}: ${why}. Fix that, then restart the coordinator`);
      }
    }
    return sentences;
  }

  /** Runs in the folder that are not in {@link all}: they had already ended, or could not be taken up. */
  async earlier(): Promise<RunSummary[]> {
    const runs = (await listRuns(this.root)).filter(({ id }) => !this.#runs.has(id));
    return runs.map((run) => this.#withFailure(run));
  }

  /** How the runs were set up, by id: those here, and {@link earlier} ones; without those that cannot be read. */
  async configs(earlier: readonly RunSummary[]): Promise<Record<string, RunConfig>> {
    const here = this.all.map(({ id, config }) => [id, config] as const);
    return { ...(await this.#configs.of(earlier)), ...Object.fromEntries(here) };
  }

  /** All runs in the folder, the newest first. @throws CheckpointError */
  async overviews(): Promise<RunOverview[]> {
    return (await overviewsIn(this.root)).map((run) => this.#withFailure(run));
  }

  /**
   * Removes a run, with its model and snapshots.
   * @throws UnknownRunError, RunUnderWayError for one that this or another process is at work on
   */
  async remove(id: string): Promise<void> {
    const run = await this.#find(id);
    if (run !== undefined && run.last === undefined) throw new RunUnderWayError(id);
    const folder = run?.record.folder.path ?? (await summarizeRun(this.root, id))?.folder;
    if (folder === undefined) throw new UnknownRunError(id);
    await removeRun(folder);
    this.#archives.forget(folder);
    for (const known of [this.#runs, this.#tallies, this.#notTakenUp]) known.delete(id);
  }

  /** Frees what is kept open for those who look at runs. */
  close(): void {
    this.#archives.close();
  }

  /** A run of this coordinator; one that is about to be taken up has not ended. */
  async #find(id: string): Promise<Run | undefined> {
    await this.#adopting;
    return this.#runs.get(id);
  }

  /** What is known of a run, with why it could not be taken up, if that was tried. */
  #withFailure<Known extends Pick<RunSummary | RunOverview, 'id' | 'failure'>>(run: Known): Known {
    return { ...run, failure: this.#notTakenUp.get(run.id) ?? run.failure };
  }

  async #archive(root: string, id: string): Promise<RunArchive> {
    const found = await summarizeRun(root, id);
    if (found === undefined) throw new UnknownRunError(id);
    const summary = this.#withFailure(found);
    if (summary.state === 'damaged') throw new CheckpointError(summary.failure ?? `${summary.folder} cannot be read`);
    return this.#archives.open(summary);
  }

  #start(record: RunRecord, type: 'run-submitted' | 'run-taken-up'): Run {
    const run = new Run(record, this.executor);
    this.#runs.set(record.id, run);
    const tally = new Tally(record.plan);
    this.#tallies.set(record.id, tally);
    run.subscribe((event) => tally.handle(event));
    this.activity.emit({ type, run: run.id, units: run.config.layers, epochs: run.plan.epochs });
    const activities = new RunActivities(run, record.folder.startedAt);
    run.subscribe((event) => {
      const activity = activities.of(event);
      if (activity !== undefined) this.activity.emit({ run: run.id, ...activity });
    });
    watchLearning(run);
    run.ended.catch((error: unknown) => {
      if (error instanceof FencedError) this.#fence(error);
    });
    run.start();
    return run;
  }
}

function isThisProcess({ pid, host }: FoundProcess): boolean {
  return pid === process.pid && host === hostname();
}
