import type { EndReport, EvaluationReport, StageSummary, TrainResult } from '@layerline/api';
import type { Plan } from '@layerline/plan';

/** Assembles a result from the evaluator's reports, the stages' telemetry and the stored model. */
export function makeResult(parts: {
  readonly run: string;
  readonly folder: string;
  readonly plan: Plan;
  readonly end: EndReport;
  readonly evaluation: EvaluationReport | undefined;
  readonly numerics: string;
  readonly exact: boolean;
  readonly restarts: number;
  readonly stages: StageSummary[];
  readonly weightsSha256: string;
}): TrainResult {
  const { run, folder, plan, end, evaluation, numerics, exact, restarts, stages, weightsSha256 } = parts;
  const { outcome, epochs, images, trainSeconds, evalSeconds } = end;
  return {
    run,
    folder,
    outcome,
    testAccuracy: evaluation === undefined ? null : 1 - evaluation.testError,
    testError: evaluation?.testError ?? null,
    perLayerError: evaluation?.perLayerError ?? null,
    epochs,
    images,
    trainSeconds,
    evalSeconds,
    imagesPerSecond: trainSeconds > 0 ? images / trainSeconds : 0,
    engine: plan.engine.backend,
    numerics,
    exact,
    restarts,
    dataset: plan.dataset.name,
    stages,
    weightsSha256,
  };
}

/** How `state.json` says why a run has failed. */
export function failureOf(error: Error & { readonly code?: unknown }): {
  readonly failure: string;
  readonly failureCode?: string;
} {
  const { code, message } = error;
  return { failure: message, ...(typeof code === 'string' && { failureCode: code }) };
}
