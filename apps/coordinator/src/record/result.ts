import type { EvaluatorReport, Plan } from '@layerline/plan';
import type { StageProcess } from '../generation.js';

type Evaluation = Extract<EvaluatorReport, { type: 'evaluation' }>;
type End = Extract<EvaluatorReport, { type: 'end' }>;

/** A process of a training. What only a stage of its own can tell is null for training in one process. */
export interface StageSummary extends StageProcess {
  readonly peakMemoryBytes: number | null;
  /** How it has spent its time since frames began to flow. */
  readonly seconds: {
    readonly busy: number;
    readonly waitingForInput: number;
    readonly waitingForCredit: number;
    /** Of its event loop, in encoding, sending, receiving and decoding frames; overlaps with the others. */
    readonly serializing: number;
  } | null;
  /** Processor time of its process over the same time, user and system, of all threads. */
  readonly cpuSeconds: number | null;
  /** Frames that it has sent on, barriers among them, and their bytes. */
  readonly framesSent: number | null;
  readonly bytesSent: number | null;
}

/** What `layerline train --json` ends with. Errors and accuracy are fractions; times are in seconds. */
export interface TrainResult {
  readonly run: string;
  readonly folder: string;
  readonly outcome: 'completed' | 'stopped';
  /** Of the last evaluation; null where a run was stopped before its first. */
  readonly testAccuracy: number | null;
  readonly testError: number | null;
  /** Null too at the place of a layer that a node's own program stands in for. */
  readonly perLayerError: readonly (number | null)[] | null;
  /** Whole epochs. */
  readonly epochs: number;
  /** Training images seen. */
  readonly images: number;
  /** From the feeder's first training frame to the evaluator's last, less evaluation. */
  readonly trainSeconds: number;
  readonly evalSeconds: number;
  readonly imagesPerSecond: number;
  readonly engine: string;
  readonly numerics: string;
  /** False where the run went on with other numerics than it began with. */
  readonly exact: boolean;
  /** How often it has gone back to a snapshot, or to its beginning, in this process. */
  readonly restarts: number;
  readonly dataset: string;
  readonly stages: readonly StageSummary[];
  readonly weightsSha256: string;
}

/** Puts a result together from what the evaluator, the model store and the operating system have said. */
export function makeResult(parts: {
  readonly run: string;
  readonly folder: string;
  readonly plan: Plan;
  readonly end: End;
  readonly evaluation: Evaluation | undefined;
  readonly numerics: string;
  readonly exact: boolean;
  readonly restarts: number;
  readonly stages: TrainResult['stages'];
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
