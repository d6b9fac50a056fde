import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDurable, isHistory } from '@layerline/api';
import type { RunEvent, TrainResult } from '@layerline/api';
import {
  CheckpointError,
  FencedError,
  ModelWriter,
  newRunId,
  parsePartName,
  RunFolder,
  RunJournal,
  SnapshotStore,
  writerOf,
} from '@layerline/checkpoint';
import type { Revision, StoredSnapshot } from '@layerline/checkpoint';
import { largestPartBytes } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import { RunBusyError, SnapshotsLostError } from '../errors.js';
import type { LastReports } from '../events/standing.js';
import type { PartKeeper } from '../part-server.js';
import { layerParts, partsOf, snapshotContents, stageOfPart } from './contents.js';
import { Looks } from './looks.js';
import { storeInitial } from './initial-state.js';
import type { NewRun } from './initial-state.js';
import { settleNumerics } from './numerics.js';
import { Recorder } from './recorder.js';
import { endingOf, failureOf, resultOf } from './result.js';
import { revisedPlan } from './revised-plan.js';
import type { RunAbout } from './run-about.js';

/** How many snapshots are kept: should the newest be damaged, there is the one before it. */
const SNAPSHOTS_KEPT = 2;

/** Is told what a run's record has to say, besides what it writes. */
export interface RecordListener {
  /** A snapshot is complete and on disk. */
  snapshotStored(snapshot: StoredSnapshot): void;
  /** There will be no snapshot of this step. */
  snapshotFailed(step: number, message: string): void;
  /** The record can no longer be written: the run has to end. */
  unwritable(error: Error): void;
}

/** Everything that a run keeps on disk over its lives: metrics and log, snapshots, model, and which life it is in. */
export class RunRecord implements PartKeeper {
  #listener: RecordListener | undefined;
  #unwritable: Error | undefined;
  /** The most training images that any life has reached. */
  #furthest = 0;
  /** Whether the run may start over if its snapshots are lost: after its first life here, or if the user asks for it. */
  #mayBeginAnew = true;
  /** Lives here that have failed, and were followed by another, as the run counts them. */
  restarts = 0;
  #plan: Plan;
  readonly largestPartBytes: number;
  readonly looks: Looks;

  private constructor(
    readonly folder: RunFolder,
    readonly config: RunConfig,
    /** The plan that the run began with. */
    readonly submitted: Plan,
    readonly journal: RunJournal,
    readonly snapshots: SnapshotStore,
    readonly model: ModelWriter,
    readonly recorder: Recorder,
  ) {
    this.#plan = revisedPlan(submitted, journal.revision);
    this.largestPartBytes = largestPartBytes(submitted);
    this.looks = new Looks(folder.looks, submitted, () => journal.verify());
    recorder.failed = (error) => this.#fail(error);
  }

  /**
   * Creates a run's folder. @param about for `config.json`
   * @throws RunFolderError, leaving nothing behind
   */
  static async create(root: string, about: RunAbout, { name, state, snapshotRoot }: NewRun = {}): Promise<RunRecord> {
    const record = await RunRecord.#over(await RunFolder.create(root, newRunId(name), about), about, snapshotRoot);
    if (state !== undefined) await record.#settle(await storeInitial(record, state));
    return record;
  }

  /**
   * Takes up a run that ended early. @param takeOver even if a process seems to be at work on it, which is then fenced off
   * @param fromStart start over if it had snapshots and none is left @throws RunBusyError if a process is at work on
   * it, CheckpointError
   */
  static async resume(
    path: string,
    about: Pick<RunAbout, 'config' | 'plan'>,
    {
      snapshotRoot,
      takeOver = false,
      fromStart = false,
    }: { readonly snapshotRoot?: string | undefined; readonly takeOver?: boolean; readonly fromStart?: boolean },
  ): Promise<RunRecord> {
    const folder = await RunFolder.open(path);
    const writer = await writerOf(path);
    if (writer !== undefined && !takeOver) throw new RunBusyError(folder.id, writer);
    const record = await RunRecord.#over(folder, about, snapshotRoot);
    record.#mayBeginAnew = fromStart;
    await folder.resume();
    // Left by a run that was stopped cleanly.
    await rm(folder.model, { recursive: true, force: true });
    return record;
  }

  /** @param snapshotRoot folder that holds a folder of snapshots for each run, if they are not kept in the run's own */
  static async #over(
    folder: RunFolder,
    { config, plan }: Pick<RunAbout, 'config' | 'plan'>,
    snapshotRoot: string | undefined,
  ): Promise<RunRecord> {
    const contents = snapshotContents(plan);
    const layers = contents.filter(({ units }) => units !== undefined);
    const journal = await RunJournal.open(folder.path);
    // From here on, a coordinator that had the run before can no longer write to it.
    await journal.nextIncarnation();
    const place = snapshotRoot === undefined ? folder.snapshots : join(snapshotRoot, folder.id);
    const snapshots = await SnapshotStore.open(place, contents, SNAPSHOTS_KEPT);
    const recorder = await Recorder.open(folder, plan);
    return new RunRecord(folder, config, plan, journal, snapshots, new ModelWriter(folder.model, layers), recorder);
  }

  get id(): string {
    return this.folder.id;
  }

  /** The plan of the present life, or of the next one. */
  get plan(): Plan {
    return this.#plan;
  }

  /** Names of nodes by stage. */
  get placement(): Readonly<Record<string, string>> {
    return this.journal.revision?.placement ?? this.config.placement ?? {};
  }

  get furthest(): number {
    return this.#furthest;
  }

  /** Whether there is a model. */
  get hasEnded(): boolean {
    return this.recorder.end !== undefined;
  }

  /** @param listener told from now on, and at once if the record is already unwritable */
  listen(listener: RecordListener): void {
    this.#listener = listener;
    if (this.#unwritable !== undefined) listener.unwritable(this.#unwritable);
  }

  /**
   * Begins the next life of the run: raises its generation, and rolls everything back to the newest intact snapshot.
   * @param revision of the plan that begins with it; without one, the plan stays as it is
   * @returns the new generation; the step to go on from, or undefined for the beginning; and the last that was reported by then
   * @throws FencedError if another coordinator has taken the run, SnapshotsLostError if a run that was taken up again has
   * lost its snapshots
   */
  async nextLife(revision?: Revision): Promise<{ generation: number; resume: number | undefined; last: LastReports }> {
    const generation = await this.journal.nextGeneration(revision ?? 'as before');
    this.#plan = revisedPlan(this.submitted, this.journal.revision);
    await this.snapshots.cutInto([...partsOf(this.#plan).values()]);
    await this.model.cutInto(layerParts(this.#plan));
    const { snapshot, damaged } = await this.snapshots.newest();
    this.journal.verify(); // reading took a while, and newer files are removed next
    for (const sentence of damaged) this.note(`a snapshot is passed over: ${sentence}`);
    const { continues } = this.#plan;
    if (snapshot === undefined && (this.journal.hadSnapshots || continues !== undefined)) {
      if (!this.#mayBeginAnew || continues !== undefined)
        throw new SnapshotsLostError(this, this.snapshots.folder, damaged);
      this.note(`no snapshot is left: beginning anew, with the metrics so far in ${await this.recorder.setAside()}`);
    }
    this.#mayBeginAnew = true;
    await this.snapshots.rewind(snapshot?.step);
    const last = await this.recorder.rewind(snapshot?.metricsLines ?? 0);
    if (snapshot !== undefined) this.note(`going on from the snapshot at step ${snapshot.step}`);
    else if (generation > 0) this.note('going on from the beginning');
    return { generation, resume: snapshot?.step, last };
  }

  /** As {@link settleNumerics} of its journal. @throws NumericsError */
  settleNumerics(found: string, allowDifferent: boolean): Promise<void> {
    return settleNumerics(this.id, this.journal, found, allowDifferent);
  }

  async putModel(part: string, bytes: Uint8Array): Promise<void> {
    try {
      this.journal.verify();
      await this.model.put(part, bytes);
    } catch (error) {
      // A part that does not belong to the model is the sender's mistake, and no reason to end the run.
      if (!(error instanceof CheckpointError)) this.#fail(error as Error);
      throw error;
    }
  }

  async putSnapshot(step: number, part: string, bytes: Uint8Array): Promise<void> {
    this.journal.verify();
    await this.#settle(await this.snapshots.put(step, part, bytes));
  }

  async readSnapshot(step: number, part: string): Promise<Uint8Array> {
    const { content, range } = parsePartName(part);
    return this.snapshots.read(step, content, range);
  }

  /** Records what is to be kept of an event. */
  handle(event: RunEvent): void {
    if ((isDurable(event) || isHistory(event) || event.type === 'snapshot') && !this.#verify()) return;
    this.recorder.handle(event);
    if (event.type === 'snapshot') void this.#mark(event.step);
    if (event.type === 'training' || event.type === 'progress') this.#furthest = Math.max(this.#furthest, event.images);
  }

  note(message: string): void {
    this.recorder.note(message);
  }

  /** Publishes the model and records the result of a run whose stream has ended. @param stopReason why it was stopped, if it was */
  async complete(stopReason?: string): Promise<TrainResult> {
    this.journal.verify();
    const { weightsSha256 } = await this.model.commit();
    const result = resultOf(this, this.recorder, weightsSha256);
    await this.folder.end(endingOf(result, stopReason));
    // A stopped run can be taken up again; a completed one needs its snapshots no longer, whatever may be in their place.
    const kept = ({ message }: Error): void =>
      this.note(`the run is complete, but its snapshots could not be removed: ${message}`);
    if (result.outcome === 'completed') await this.snapshots.discard().catch(kept);
    return result;
  }

  /** Records that the run has ended without a model, and can be taken up again. @throws FencedError, leaving all untouched */
  async fail(state: 'failed' | 'stopped', error: Error, stopReason?: string): Promise<void> {
    if (error instanceof FencedError) throw error;
    try {
      this.journal.verify();
    } catch (reason) {
      // A journal that cannot be read does not mean fenced: the run has failed, and may say so.
      if (reason instanceof FencedError) throw reason;
    }
    this.note(error.message);
    await this.model.abandon();
    await this.folder.end({ state, ...failureOf(error), ...(stopReason && { stopReason }) }).catch(() => undefined);
  }

  /** Gives up a run that could not be begun. */
  async abandon(error: Error): Promise<void> {
    await this.fail('failed', error).finally(() => this.close());
  }

  close(): void {
    this.recorder.close();
  }

  /** Everything reported before a snapshot's barrier is on disk before the snapshot is complete. */
  async #mark(step: number): Promise<void> {
    try {
      await this.#settle(await this.snapshots.mark(step, this.recorder.syncedLines()));
    } catch (error) {
      this.#listener?.snapshotFailed(step, (error as Error).message);
    }
  }

  /** Whether the run still belongs to this coordinator, which must hold before anything is written. */
  #verify(): boolean {
    try {
      this.journal.verify();
      return true;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
  }

  async #settle(snapshot: StoredSnapshot | undefined): Promise<void> {
    if (snapshot === undefined) return;
    await this.journal.noteSnapshot();
    const parts = snapshot.parts.map(({ name, bytes }) => ({ name: stageOfPart(this.#plan, name), bytes }));
    this.#listener?.snapshotStored({ ...snapshot, parts });
  }

  #fail(error: Error): void {
    this.#unwritable ??= error;
    this.#listener?.unwritable(this.#unwritable);
  }
}
