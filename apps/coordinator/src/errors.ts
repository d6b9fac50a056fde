import type { Failure } from '@layerline/api';
import type { Plan } from '@layerline/plan';
import type { FoundProcess } from '@layerline/process';

/** A stage's process ended before its work did. */
export class StageDiedError extends Error {
  readonly code = 'ERR_STAGE_DIED';
  /** In one line: with the last line of its log, which is its node's reason where that has ended it. */
  readonly summary: string;

  constructor(
    readonly stage: string,
    readonly pid: number | undefined,
    readonly exit: { readonly code: number | null; readonly signal: string | null },
    tail: readonly string[],
  ) {
    const how = exit.signal === null ? `ended with exit code ${exit.code}` : `was killed by ${exit.signal}`;
    // A node that has killed it says so in the last line of its log.
    const hint = exit.signal === 'SIGKILL' && tail.length === 0 ? ', as the system does when memory runs out' : '';
    const what = `${stage} (pid ${pid ?? 'unknown'}) ${how}${hint}`;
    super(what + quote(tail));
    this.name = 'StageDiedError';
    this.summary = [what, ...tail.slice(-1)].join(': ');
  }
}

/** A stage said that it cannot go on. Carries the code of what went wrong in it. */
export class StageFailedError extends Error {
  constructor(
    readonly stage: string,
    readonly pid: number | undefined,
    readonly code: string,
    reason: string,
  ) {
    super(`${stage} (pid ${pid ?? 'unknown'}) failed: ${reason}`);
    this.name = 'StageFailedError';
  }
}

/** All stages say that they have finished, but no end of the stream has been reported. */
export class StreamCutError extends Error {
  readonly code = 'ERR_STREAM_CUT';

  constructor(run: string) {
    super(`All stages of run ${run} have finished, but its evaluator has not reported the end of the stream`);
    this.name = 'StreamCutError';
  }
}

/** A run moves elsewhere: not a failure, but the end of a life all the same. */
export class RunMovedError extends Error {
  readonly code = 'ERR_RUN_MOVED';

  constructor(run: string, reason: string) {
    super(`Run ${run} moves: ${reason}`);
    this.name = 'RunMovedError';
  }
}

/** A node that had stages of a run is gone. */
export class NodeLostError extends Error {
  readonly code = 'ERR_NODE_LOST';

  constructor(
    readonly node: string,
    reason: string,
    /** What it had of the run. */
    readonly stages: readonly string[] = [],
  ) {
    super(`Node ${node} is gone: ${reason}`);
    this.name = 'NodeLostError';
  }
}

/** A run kept failing without getting any further, so that more restarts would be in vain. */
export class RunGivenUpError extends Error {
  readonly code = 'ERR_RUN_GIVEN_UP';

  constructor(run: string, failures: number, images: number, last: Error) {
    super(
      `Gave up after ${failures} failures in a row, none of which got beyond training image ${images}. Fix the ` +
        `cause, then continue with: layerline resume ${run}. The last failure: ${last.message}`,
      { cause: last },
    );
    this.name = 'RunGivenUpError';
  }
}

/** A run that is to be taken up had snapshots, and none of them can be read any more. */
export class SnapshotsLostError extends Error {
  readonly code = 'ERR_SNAPSHOTS_LOST';

  constructor({ id, plan }: { readonly id: string; readonly plan: Plan }, folder: string, damaged: readonly string[]) {
    const why = damaged.length === 0 ? `there is none in ${folder}` : damaged.join('; ');
    const fromStart = 'start over with --from-start, which keeps the metrics recorded so far';
    const anew = plan.continues === undefined ? fromStart : 'use --continue again';
    super(
      `Run ${id} had snapshots, but none is left to continue from: ${why}. Put them back in their place, or ${anew}`,
    );
    this.name = 'SnapshotsLostError';
  }
}

/** The coordinator has no run of that name. */
export class UnknownRunError extends Error {
  readonly code = 'ERR_UNKNOWN_RUN';

  constructor(run: string) {
    super(`This coordinator has no run ${run}: layerline status --all lists the ones that it has`);
    this.name = 'UnknownRunError';
  }
}

/** There is no such image to look at, or no room for another look. */
export class LookError extends Error {
  readonly code = 'ERR_LOOK';

  /** @param status of HTTP */
  constructor(
    message: string,
    readonly status: 400 | 409,
  ) {
    super(message);
    this.name = 'LookError';
  }
}

/** No look of that number is kept. */
export class UnknownLookError extends Error {
  readonly code = 'ERR_UNKNOWN_LOOK';

  constructor(id: number) {
    super(`There is no look ${id} of this run: it has not been taken yet, or newer ones have taken its place`);
    this.name = 'UnknownLookError';
  }
}

/** There is no measure of that name. */
export class UnknownSeriesError extends Error {
  readonly code = 'ERR_UNKNOWN_SERIES';

  constructor(name: string, known: readonly string[]) {
    super(`names: there is no series ${name}, but ${known.join(', ')}`);
    this.name = 'UnknownSeriesError';
  }
}

/** The coordinator only shows runs. */
export class NothingTrainsError extends Error {
  readonly code = 'ERR_NOTHING_TRAINS';

  constructor() {
    super('Nothing trains here, where runs are only shown: submit runs to one started with layerline coordinator');
    this.name = 'NothingTrainsError';
  }
}

/** The coordinator serves a single training. */
export class SubmissionsClosedError extends Error {
  readonly code = 'ERR_SUBMISSIONS_CLOSED';

  constructor() {
    super(
      'This coordinator serves one training only, and ends with it: submit runs to one started with layerline coordinator',
    );
    this.name = 'SubmissionsClosedError';
  }
}

/** The dashboard's page cannot be read. */
export class PageError extends Error {
  readonly code = 'ERR_PAGE';

  constructor(folder: string, cause: Error) {
    super(
      `Cannot read the dashboard's page in ${folder}: ${cause.message}. Install Layerline again, or add --no-dashboard`,
      { cause },
    );
    this.name = 'PageError';
  }
}

/** The coordinator serves no dashboard that anyone could be let into. */
export class NoDashboardError extends Error {
  readonly code = 'ERR_NO_DASHBOARD';

  constructor() {
    super('This coordinator serves no dashboard: start it without --no-dashboard');
    this.name = 'NoDashboardError';
  }
}

/** The coordinator has no node of that name. */
export class UnknownNodeError extends Error {
  readonly code = 'ERR_UNKNOWN_NODE';

  constructor(node: string) {
    super(`No node named ${node} has joined: layerline nodes lists the ones that have`);
    this.name = 'UnknownNodeError';
  }
}

/** A node cannot be drained: a run on it would have nowhere to go. */
export class StrandingError extends Error {
  readonly code = 'ERR_STRANDING';

  constructor(node: string, run: string, missing: string) {
    super(
      `Draining ${node} would leave run ${run} with nowhere to go: ${missing}. Let another node join first, or stop the run`,
    );
    this.name = 'StrandingError';
  }
}

/** A process is already at work on the run. */
export class RunBusyError extends Error {
  readonly code = 'ERR_RUN_BUSY';

  constructor(run: string, { pid, host }: FoundProcess) {
    super(
      `Run ${run} is already under way, in process ${pid} on ${host}: wait for it to end, or stop it. ` +
        'If you know that the process is gone, add --take-over',
    );
    this.name = 'RunBusyError';
  }
}

/** The nodes lack something that the run asks for, and waiting would not help. */
export class PlacementError extends Error {
  readonly code = 'ERR_PLACEMENT';

  constructor(reason: string) {
    super(reason);
    this.name = 'PlacementError';
  }
}

/** The machines here compute different bits from those that the run began with. */
export class NumericsError extends Error {
  readonly code = 'ERR_NUMERICS';

  constructor(run: string, expected: string, found: string) {
    super(
      `Run ${run} was begun with the numerics of "${expected}", but these are "${found}": its weights would differ from here on. ` +
        'Use the same engine and number of threads, or --allow-different-numbers, which marks the run as inexact',
    );
    this.name = 'NumericsError';
  }
}

/** An error as events tell of it. */
export function described(error: Error & { readonly code?: unknown }): Failure['error'] {
  const { code, message } = error;
  return { code: typeof code === 'string' ? code : 'ERR_UNEXPECTED', message };
}

function quote(tail: readonly string[]): string {
  return tail.length === 0
    ? '. It logged nothing'
    : `\nIts last log lines:\n${tail.map((line) => `  ${line}`).join('\n')}`;
}
