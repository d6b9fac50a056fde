import { hostname } from 'node:os';
import { FencedError, listRuns } from '@layerline/checkpoint';
import type { RunSummary, RunWriter } from '@layerline/checkpoint';
import type { Plan, RunConfig } from '@layerline/plan';
import { RunFeed } from './api/run-feed.js';
import { RunBusyError, UnknownRunError } from './errors.js';
import { readRunAbout } from './record/run-about.js';
import { RunRecord } from './record/run-record.js';
import type { Run, RunListener } from './run.js';

/** A run that the coordinator sees through, or has seen through since it was started. */
export interface RegisteredRun {
  readonly id: string;
  readonly config: RunConfig;
  readonly plan: Plan;
  readonly run: Run;
  readonly feed: RunFeed;
}

/** The runs of a coordinator, each in a folder of its own below one folder. */
export class RunRegistry {
  readonly #runs = new Map<string, RegisteredRun>();
  /** Why runs that a coordinator before has left unfinished could not be taken up. */
  readonly #notTakenUp = new Map<string, string>();

  /** Settles when another coordinator has taken a run of this one's. */
  readonly fenced: Promise<FencedError>;
  #fence!: (error: FencedError) => void;

  /** @param begin sees a run through */
  constructor(
    readonly root: string,
    readonly version: string,
    readonly begin: (record: RunRecord, config: RunConfig, listener: RunListener) => Run,
  ) {
    this.fenced = new Promise((resolve) => (this.#fence = resolve));
  }

  get all(): RegisteredRun[] {
    return [...this.#runs.values()];
  }

  /** @throws UnknownRunError */
  get(id: string): RegisteredRun {
    const found = this.#runs.get(id);
    if (found === undefined) throw new UnknownRunError(id);
    return found;
  }

  /** Begins a new run. @throws RunFolderError */
  async submit(config: RunConfig, plan: Plan): Promise<RegisteredRun> {
    const about = { layerline: this.version, config, plan };
    return this.#register(await RunRecord.create(this.root, about, config.snapshotDir), config);
  }

  /**
   * Takes up the runs that a coordinator before this one has left unfinished. To be called before any run is begun.
   * @param takeOver also those that it still seems to be at work on, which it is then fenced off from
   * @returns a sentence for each that was left alone or could not be taken up
   */
  async adopt({ takeOver }: { readonly takeOver: boolean }): Promise<string[]> {
    const sentences: string[] = [];
    for (const { id, folder, state, writer } of await listRuns(this.root)) {
      if (state !== 'died' && state !== 'running') continue;
      // This process is at work on nothing yet: it has the number of one that is gone, as the first of a container has.
      if (writer !== undefined && !isThisProcess(writer) && !takeOver) {
        sentences.push(`${new RunBusyError(id, writer).message}. The run is left alone`);
        continue;
      }
      try {
        const { config, plan } = await readRunAbout(folder);
        const options = { snapshotRoot: config.snapshotDir, takeOver: takeOver || writer !== undefined };
        this.#register(await RunRecord.resume(folder, plan, options), config);
      } catch (error) {
        const why = (error as Error).message;
        this.#notTakenUp.set(id, why);
        sentences.push(`Cannot take up run ${id}: ${why}. Mend that and start the coordinator again`);
      }
    }
    return sentences;
  }

  /** Those on disk too that have ended before the coordinator was started, or could not be taken up. */
  async list(): Promise<RunSummary[]> {
    const runs = await listRuns(this.root);
    return runs.map((run) => ({ ...run, failure: this.#notTakenUp.get(run.id) ?? run.failure }));
  }

  #register(record: RunRecord, config: RunConfig): RegisteredRun {
    const feed = new RunFeed(record.plan);
    const run = this.begin(record, config, feed);
    const registered = { id: record.id, config, plan: record.plan, run, feed };
    this.#runs.set(record.id, registered);
    run.ended.then(
      (result) => feed.end({ result }),
      (error: unknown) => {
        if (error instanceof FencedError) this.#fence(error);
        feed.end({ error: describe(error) });
      },
    );
    return registered;
  }
}

function isThisProcess({ pid, host }: RunWriter): boolean {
  return pid === process.pid && host === hostname();
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as Error & { code?: unknown };
  return { code: typeof code === 'string' ? code : 'ERR_UNEXPECTED', message };
}
