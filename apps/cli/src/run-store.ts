import { resolve } from 'node:path';
import { TEST_ERROR, VALIDATION_ERROR } from '@layerline/api';
import type { RunOverview } from '@layerline/api';
import { CheckpointError, listRuns } from '@layerline/checkpoint';
import { idAmong, overviewOf, overviewsIn, removeRun } from '@layerline/coordinator';
import type { Plan, RunConfig } from '@layerline/plan';
import type { CoordinatorClient } from './client/coordinator-client.js';
import { CoordinatorError } from './client/errors.js';
import { findRun, openArchive } from './run-lookup.js';

/** A run, how it was set up, and what it got wrong. */
export interface RunDetails {
  readonly overview: RunOverview;
  readonly config: RunConfig;
  readonly plan: Plan;
  /** Of each evaluation, the oldest first (0 … 1). */
  readonly testErrors: readonly number[];
  /** Of the rows that are held out; empty where none are. */
  readonly validationErrors: readonly number[];
}

/** Where runs are kept. A run is named by its id, or the beginning or the end of one that no other has. */
export interface RunStore {
  /** For sentences: `in runs`. */
  readonly place: string;
  /** The newest first. */
  list(): Promise<readonly RunOverview[]>;
  /** @throws CheckpointError, CoordinatorError if there is no such run, or several are meant */
  find(run: string): Promise<RunOverview>;
  /** @throws as {@link find} does, and for a run that is damaged */
  details(run: string): Promise<RunDetails>;
  /** Removes a run, with its model and snapshots. @throws RunUnderWayError or the like for one that is under way */
  remove(run: RunOverview): Promise<void>;
}

/** The runs in a folder, where one is named by its own folder, too. */
export class RunsFolder implements RunStore {
  constructor(readonly folder: string) {}

  get place(): string {
    return `in ${this.folder}`;
  }

  list(): Promise<readonly RunOverview[]> {
    return overviewsIn(this.folder);
  }

  async find(run: string): Promise<RunOverview> {
    const all = await listRuns(this.folder);
    // One that is damaged is found, too.
    const named = all.find(({ id, folder }) => id === run || resolve(folder) === resolve(run));
    if (named !== undefined) return overviewOf(named);
    const { folder } = await findRun(run, this.folder);
    const found = all.find((each) => resolve(each.folder) === resolve(folder));
    if (found === undefined) throw new CheckpointError(`${folder} is not in the folder of runs: name that with --out`);
    return overviewOf(found);
  }

  async details(run: string): Promise<RunDetails> {
    const archive = await openArchive(run, this.folder);
    try {
      const { summary, config, plan, index } = archive;
      const [testErrors = [], validationErrors = []] = [TEST_ERROR, VALIDATION_ERROR].map(({ name }) =>
        Array.from(index.points(name).value),
      );
      return { overview: await overviewOf(summary), config, plan, testErrors, validationErrors };
    } finally {
      archive.close();
    }
  }

  remove({ folder }: RunOverview): Promise<void> {
    return removeRun(folder);
  }
}

/** The runs of a coordinator. */
export class RunsAtCoordinator implements RunStore {
  constructor(readonly client: CoordinatorClient) {}

  get place(): string {
    return `at ${this.client.connection.addresses.join(', ')}`;
  }

  list(): Promise<readonly RunOverview[]> {
    return this.client.overviews();
  }

  async find(run: string): Promise<RunOverview> {
    const all = await this.list();
    const id = idAmong(
      run,
      all.map((each) => each.id),
    );
    const found = all.find((each) => each.id === id);
    if (found !== undefined) return found;
    throw new CoordinatorError(
      'ERR_UNKNOWN_RUN',
      `There is no run ${run} ${this.place}. See: npx layerline runs --coordinator`,
    );
  }

  async details(run: string): Promise<RunDetails> {
    const overview = await this.find(run);
    const { config, plan } = await this.client.setup(overview.id);
    const evaluations = await this.client.evaluations(overview.id);
    const testErrors = evaluations.map(({ testError }) => testError);
    const held = evaluations.flatMap(({ validationError }) => (validationError === undefined ? [] : [validationError]));
    return { overview, config, plan, testErrors, validationErrors: held };
  }

  remove({ id }: RunOverview): Promise<void> {
    return this.client.remove(id);
  }
}
