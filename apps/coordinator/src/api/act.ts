import { resolve } from 'node:path';
import { ORDER_OF, runOrder } from '@layerline/api';
import type { Acted, RunAction, RunOrder } from '@layerline/api';
import { parse } from '@layerline/protocol';
import { RunArchive } from '../record/run-archive.js';
import type { TakingUp } from '../run-registry.js';
import { Run } from '../run.js';
import { RunElsewhereError, RunEndedError } from '../steering/errors.js';
import { ApiError } from './errors.js';

/** Takes up a run that has ended. */
export type Revive = (run: Run | RunArchive, how: TakingUp) => Promise<Run>;

/** How an action is to be done. @param body of the request, undefined where it has none @throws ProtocolError, ApiError */
export function orderOf(action: RunAction, body: unknown): RunOrder {
  const order = parse(runOrder, body ?? {});
  const stray = Object.keys(order).find((key) => !ORDER_OF[action].some((known) => known === key));
  if (stray !== undefined) throw new ApiError(400, `${stray}: ${action} does not take it`);
  return order;
}

/**
 * Does to a run what an operator asks for; one that has ended can be resumed.
 * @throws RunEndedError, RunElsewhereError, RunStoppingError, NoFramesError if nothing would come of it, and what `revive` does
 */
export async function act(run: Run | RunArchive, action: RunAction, order: RunOrder, revive: Revive): Promise<Acted> {
  if (isUnderWay(run)) return actedOn(run, run.steering[action](order));
  if (action !== 'resume') throw notUnderWay(run);
  const { takeOver = false, fromStart = false, allowDifferentNumbers = false } = order;
  return actedOn(await revive(run, { takeOver, fromStart, allowDifferentNumbers }), 'revived');
}

/** Whether something is to become of a run here. */
export function isUnderWay(run: Run | RunArchive): run is Run {
  return run instanceof Run && run.last === undefined;
}

/** Why nothing is to become of a run here any more. */
export function notUnderWay(run: Run | RunArchive): RunEndedError | RunElsewhereError {
  const { end } = run.status();
  if (end !== null) return new RunEndedError(run.id, end, run.stopReason);
  return new RunElsewhereError(run.id, run instanceof RunArchive ? run.summary.writer : undefined);
}

async function actedOn(run: Run, outcome: Acted['outcome']): Promise<Acted> {
  const { id, lastId: event, reached: step, record } = run;
  const { state } = run.status();
  const [snapshot = null] = await record.snapshots.steps();
  const [folder, snapshots] = [resolve(record.folder.path), resolve(record.snapshots.folder)];
  return { run: id, outcome, state, event, step, snapshot, folder, snapshots };
}
