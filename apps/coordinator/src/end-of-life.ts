import { NodeLostError, RunMovedError, StageDiedError, StageFailedError } from './errors.js';

/** Why a life of a run has ended that another follows, as a notice tells of it, and the stages whose failure that was. */
export function toldOf(error: Error): { readonly sentence: string; readonly stages: readonly string[] } {
  const what = error instanceof StageDiedError ? error.summary : error.message.split('\n')[0];
  const how = error instanceof RunMovedError ? 'going on from' : 'going back to';
  return { sentence: `${what}; ${how} the newest snapshot`, stages: failedStages(error) };
}

/** None if an error is about none in particular. */
function failedStages(error: Error): readonly string[] {
  if (error instanceof StageDiedError || error instanceof StageFailedError) return [error.stage];
  return error instanceof NodeLostError ? error.stages : [];
}
