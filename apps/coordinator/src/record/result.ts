import { relative } from 'node:path';
import type { StageSummary, TrainResult } from '@layerline/api';
import type { RunFolder, RunJournal } from '@layerline/checkpoint';
import type { Plan } from '@layerline/plan';
import type { Recorder } from './recorder.js';

/** What a result needs of the run that it is of. */
interface EndedRun {
  readonly id: string;
  readonly folder: Pick<RunFolder, 'path'>;
  readonly plan: Plan;
  readonly journal: Pick<RunJournal, 'numerics' | 'exact'>;
  readonly restarts: number;
}

/** Assembles a result from the evaluator's reports, the stages' telemetry and the stored model. The stream must have ended. */
export function resultOf(
  { id, folder, plan, journal, restarts }: EndedRun,
  { end, evaluation, stages }: Pick<Recorder, 'end' | 'evaluation'> & { readonly stages: StageSummary[] },
  weightsSha256: string,
): TrainResult {
  if (end === undefined) throw new RangeError(`The stream of run ${id} has not ended`);
  const { outcome, epochs, images, trainSeconds, evalSeconds } = end;
  return {
    run: id,
    folder: relative('', folder.path),
    outcome,
    testAccuracy: evaluation === undefined ? null : 1 - evaluation.testError,
    testError: evaluation?.testError ?? null,
    validationError: evaluation?.validationError ?? null,
    perLayerError: evaluation?.perLayerError ?? null,
    epochs,
    images,
    trainSeconds,
    evalSeconds,
    imagesPerSecond: trainSeconds > 0 ? images / trainSeconds : 0,
    engine: plan.engine.backend,
    numerics: journal.numerics ?? '',
    exact: journal.exact,
    restarts,
    dataset: plan.dataset.name,
    stages,
    weightsSha256,
  };
}

/** How `state.json` says that a run has ended with a result. @param stopReason why it was stopped, where somebody has said so */
export function endingOf(result: TrainResult, stopReason: string | undefined) {
  const isStopped = result.outcome === 'stopped' && stopReason !== undefined;
  return { state: result.outcome, result: { ...result }, ...(isStopped && { stopReason }) };
}

/** How `state.json` says why a run has failed. */
export function failureOf(error: Error & { readonly code?: unknown }): {
  readonly failure: string;
  readonly failureCode?: string;
} {
  const { code, message } = error;
  return { failure: message, ...(typeof code === 'string' && { failureCode: code }) };
}
