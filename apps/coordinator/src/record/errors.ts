/** A run that is under way is not removed. */
export class RunUnderWayError extends Error {
  readonly code = 'ERR_RUN_UNDER_WAY';

  constructor(run: string) {
    super(`Run ${run} is under way, and nothing was removed: layerline stop ${run} ends it`);
    this.name = 'RunUnderWayError';
  }
}
