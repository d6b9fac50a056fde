import { coresHere } from '@layerline/process';
import pLimit from 'p-limit';
import type { SweepDefinition, Trial } from './definition.js';
import { MedianRule } from './median-rule.js';
import type { Outcome } from './outcome.js';
import { connectionArgs, RunningTrial } from './run-trial.js';
import type { TrialSite } from './run-trial.js';
import type { SweepFolder } from './sweep-folder.js';

export interface SweepOptions {
  /** Trials at once. */
  readonly parallel: number;
  readonly site: TrialSite;
  /** Told of each trial that is over. */
  readonly over: (trial: Trial, outcome: Outcome) => void;
}

/** Trials at once on this machine: one a core. */
export function trialsAtOnce(): number {
  return coresHere();
}

/** Carries out what is left of a sweep's trials, several at once, and notes what came of each as soon as it is over. */
export class SweepRun {
  readonly #rule: MedianRule | undefined;
  readonly #running = new Set<RunningTrial>();
  #isStopped = false;

  /** @param before what has come of trials in earlier sittings */
  constructor(
    readonly trials: readonly Trial[],
    { stop }: Pick<SweepDefinition, 'stop'>,
    readonly folder: SweepFolder,
    readonly before: ReadonlyMap<string, Outcome>,
    readonly options: SweepOptions,
  ) {
    if (stop !== 'never') this.#rule = new MedianRule(stop.after, stop.others);
    // Those of an earlier definition under the same name are no measure of these.
    for (const { id } of trials) {
      const { state, validationErrors = [] } = before.get(id) ?? {};
      if (state === 'failed') continue;
      for (const [epoch, error] of validationErrors) this.#rule?.add(id, epoch, error);
    }
  }

  /** The trials that are still to be done: those that failed are tried again. */
  get left(): Trial[] {
    return this.trials.filter(({ id }) => (this.before.get(id)?.state ?? 'failed') === 'failed');
  }

  /** Sees all of them through, or as many as there are until {@link stop}. */
  async run(): Promise<void> {
    const limit = pLimit(this.options.parallel);
    const begun = this.folder.begun();
    const work = this.left.map((trial) =>
      limit(() => this.#carryOut(trial, begun.get(trial.id))).catch((error: unknown) => {
        // Nothing goes on unseen: what is under way stops in order.
        this.stop();
        throw error;
      }),
    );
    await Promise.allSettled(work);
    await Promise.all(work);
  }

  /** Begins no more, and asks those under way to stop: they can be gone on with. */
  stop(): void {
    this.#isStopped = true;
    for (const running of this.#running) running.stop();
  }

  kill(): void {
    for (const running of this.#running) running.kill();
  }

  /** @param run that the trial has begun in an earlier sitting */
  async #carryOut(trial: Trial, run: string | undefined): Promise<void> {
    if (this.#isStopped) return;
    // One that was cut off goes on from its last snapshot; where that fails, it begins anew.
    const resumed = run === undefined ? undefined : await this.#outcomeOf(trial, this.#argsToGoOn(run));
    const outcome =
      run === undefined || resumed?.state === 'failed' ? await this.#outcomeOf(trial, this.#argsFor(trial)) : resumed;
    if (outcome === undefined) return;
    await this.folder.noteOutcome(outcome);
    this.options.over(trial, outcome);
  }

  async #outcomeOf(trial: Trial, args: readonly string[]): Promise<Outcome | undefined> {
    if (this.#isStopped) return undefined;
    let noted: Promise<void> = Promise.resolve();
    const running = new RunningTrial(trial.id, args, this.options.site, {
      begun: (run) => {
        noted = this.folder.noteBegun(trial.id, run);
        // Met once the trial is over.
        noted.catch(() => undefined);
      },
      evaluated: (epoch, error) => this.#rule?.add(trial.id, epoch, error) ?? false,
    });
    this.#running.add(running);
    try {
      return await running.outcome();
    } finally {
      this.#running.delete(running);
      await noted;
    }
  }

  #argsFor(trial: Trial): string[] {
    const { group, out = '', threads, connection } = this.options.site;
    const where =
      connection === undefined
        ? ['--out', out, '--single-process', '--no-dashboard']
        : ['--coordinator', ...(connection.address === undefined ? [] : [connection.address]), ...connection.options];
    const together = 'group' in trial.config ? [] : ['--group', group];
    const many = threads === undefined || 'threads' in trial.config ? [] : ['--threads', `${threads}`];
    return ['train', '--config', this.folder.configFile(trial), ...many, ...where, ...together, '--events', '--quiet'];
  }

  #argsToGoOn(run: string): string[] {
    const { out = '', connection } = this.options.site;
    // With all that has been, so that nothing of it is missed.
    if (connection !== undefined) return ['events', run, '--follow', ...connectionArgs(connection)];
    return ['train', '--resume', run, '--out', out, '--no-dashboard', '--events', '--quiet'];
  }
}
