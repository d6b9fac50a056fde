import type { RunEnd, RunState } from '@layerline/api';
import type { FoundProcess } from '@layerline/process';

/** A run was stopped before it had a model. */
export class RunStoppedError extends Error {
  readonly code = 'ERR_RUN_STOPPED';

  constructor(run: string) {
    super(
      `Run ${run} was stopped before its end, without a model; the snapshots that it has are kept: layerline resume ${run} goes on with it`,
    );
    this.name = 'RunStoppedError';
  }
}

/** What is asked of a run only makes sense while it is under way. Says how the run has ended, and how to go on. */
export class RunEndedError extends Error {
  readonly code = 'ERR_RUN_ENDED';

  /** @param reason why it was stopped, where somebody has said so */
  constructor(run: string, end: RunEnd, reason?: string) {
    super(`Run ${run} ${howItEnded(run, end, reason)}`);
    this.name = 'RunEndedError';
  }
}

/** Another process is at work on the run, which this one has only the folder of. */
export class RunElsewhereError extends Error {
  readonly code = 'ERR_RUN_ELSEWHERE';

  constructor(run: string, writer: FoundProcess | undefined) {
    const where = writer === undefined ? 'another process' : `process ${writer.pid} on ${writer.host}`;
    super(
      `Run ${run} is under way in ${where}, which cannot be asked from here: ask its own coordinator, or press Ctrl-C where it runs`,
    );
    this.name = 'RunElsewhereError';
  }
}

/** A run is about to end, so that nothing else would come of what is asked of it. */
export class RunStoppingError extends Error {
  readonly code = 'ERR_RUN_STOPPING';

  constructor(run: string) {
    super(`Run ${run} is being stopped: layerline resume ${run} goes on with it once it has ended`);
    this.name = 'RunStoppingError';
  }
}

/** What is asked of a run takes its place among the frames, and there are none now. */
export class NoFramesError extends Error {
  readonly code = 'ERR_NO_FRAMES';

  constructor(run: string, state: RunState) {
    super(`Run ${run} is ${state}, and no frames flow: ask again once layerline status says that it is running`);
    this.name = 'NoFramesError';
  }
}

function howItEnded(run: string, end: RunEnd, reason: string | undefined): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  const goOn = `layerline resume ${run} goes on with it`;
  if ('error' in end) {
    const { code, message } = end.error;
    if (code === 'ERR_RUN_STOPPED') return `was stopped${why}, without a model: ${goOn}`;
    return `has failed: ${message.split('\n')[0]}. Once that is mended, ${goOn}`;
  }
  const { outcome, images } = end.result;
  if (outcome === 'stopped') return `was stopped${why} after ${images.toLocaleString('en-US')} images: ${goOn}`;
  return `has completed, and nothing of it is left to do: layerline train --continue ${run} trains its model further`;
}
