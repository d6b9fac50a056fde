import type { RunAction } from '@layerline/api';
import { NoFramesError, RunEndedError } from '../errors.js';
import type { RunArchive } from '../record/run-archive.js';
import { Run } from '../run.js';

/** What takes its place among the frames of a run. */
const AMONG_FRAMES: ReadonlySet<RunAction> = new Set(['snapshot', 'evaluate']);

/**
 * Does to a run what an operator asks for. A pause of one that waits for nodes, or recovers, is kept until frames flow.
 * @throws RunEndedError, NoFramesError if nothing would come of it
 */
export function act(run: Run | RunArchive, action: RunAction): void {
  if (!isUnderWay(run)) throw new RunEndedError(run.id);
  if (AMONG_FRAMES.has(action) && !run.hasFrames) throw new NoFramesError(run.id, run.status().state);
  run[action]();
}

/** Whether something is to become of a run here. */
export function isUnderWay(run: Run | RunArchive): run is Run {
  return run instanceof Run && run.last === undefined;
}
