import { hostname } from 'node:os';
import { FencedError, listRuns } from '@layerline/checkpoint';
import type { RunSummary } from '@layerline/checkpoint';
import type { Plan, RunConfig } from '@layerline/plan';
import type { FoundProcess } from '@layerline/process';
import { RunBusyError, UnknownRunError } from './errors.js';
import type { Executor } from './executor.js';
import { readRunAbout } from './record/run-about.js';
import { RunRecord } from './record/run-record.js';
import { Run } from './run.js';

/** How to take up a run that already exists. */
export interface TakingUp {
  /** Even if a process still seems to be at work on it, which is then fenced off. */
  readonly takeOver: boolean;
  /** Go on even with numerics other than those it began with. */
  readonly allowDifferentNumbers?: boolean;
  /** Start over if it had snapshots and none is left. */
  readonly fromStart?: boolean;
}

/** A coordinator's runs, each in its own folder below a common one. */
export class RunRegistry {
  readonly #runs = new Map<string, Run>();
  /** Why runs that an earlier coordinator left unfinished could not be taken up. */
  readonly #notTakenUp = new Map<string, string>();

  /** Settles when another coordinator has taken one of this one's runs. */
  readonly fenced: Promise<FencedError>;
  #fence!: (error: FencedError) => void;

  /** @param root folder of the runs @param version of the program @param executor carries the runs out */
  constructor(
    readonly root: string,
    readonly version: string,
    readonly executor: Executor,
  ) {
    this.fenced = new Promise((resolve) => (this.#fence = resolve));
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

  /** Begins a new run. @throws RunFolderError */
  async begin(config: RunConfig, plan: Plan): Promise<Run> {
    const about = { layerline: this.version, config, plan };
    return this.#start(await RunRecord.create(this.root, about, config.snapshotDir));
  }

  /**
   * Takes up a run that ended early.
   * @throws RunBusyError if a process is at work on it, CheckpointError if it is damaged
   */
  async takeUp(folder: string, { takeOver, fromStart = false, allowDifferentNumbers = false }: TakingUp): Promise<Run> {
    const { config: begunWith, plan } = await readRunAbout(folder);
    const config = allowDifferentNumbers ? { ...begunWith, allowDifferentNumbers } : begunWith;
    const options = { snapshotRoot: config.snapshotDir, takeOver, fromStart };
    return this.#start(await RunRecord.resume(folder, { config, plan }, options));
  }

  /**
   * Takes up the runs that an earlier coordinator left unfinished. To be called before any run is begun.
   * @param takeOver even those that it still seems to be at work on; it is then fenced off from them
   * @returns a sentence for each run that was left alone or could not be taken up
   */
  async adopt({ takeOver }: { readonly takeOver: boolean }): Promise<string[]> {
    const sentences: string[] = [];
    for (const { id, folder, state, writer, failure } of await listRuns(this.root)) {
      if (state === 'damaged') sentences.push(`Run ${id} is left alone: ${failure ?? 'it cannot be read'}`);
      if (state !== 'died' && state !== 'running') continue;
      // This process is at work on nothing yet: the pid is reused, as by the first process of a restarted container.
      if (writer !== undefined && !isThisProcess(writer) && !takeOver) {
        sentences.push(`${new RunBusyError(id, writer).message}. The run is left alone`);
        continue;
      }
      try {
        await this.takeUp(folder, { takeOver: takeOver || writer !== undefined });
      } catch (error) {
        const why = (error as Error).message;
        this.#notTakenUp.set(id, why);
        sentences.push(`Cannot take up run ${id}: ${why}. Mend that and start the coordinator again`);
      }
    }
    return sentences;
  }

  /** Runs in the folder that are not in {@link all}: they had already ended, or could not be taken up. */
  async earlier(): Promise<RunSummary[]> {
    const runs = (await listRuns(this.root)).filter(({ id }) => !this.#runs.has(id));
    return runs.map((run) => ({ ...run, failure: this.#notTakenUp.get(run.id) ?? run.failure }));
  }

  #start(record: RunRecord): Run {
    const run = new Run(record, this.executor);
    this.#runs.set(record.id, run);
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
