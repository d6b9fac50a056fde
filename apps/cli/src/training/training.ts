import type { StageTelemetry } from '@layerline/protocol';
import type { EvaluatorReport } from '@layerline/pipeline';

/** A process that takes part in a training. */
export interface StageProcess {
  readonly stage: string;
  readonly role: string;
  readonly pid: number;
}

/** Told how a training goes, however it is run. */
export interface TrainingListener {
  started(process: StageProcess): void;
  began(): void;
  report(report: EvaluatorReport): void;
  telemetry(stage: string, telemetry: StageTelemetry): void;
  /** A line that a stage wrote. */
  line(stage: string, line: string): void;
}

/** A training under way. */
export interface Training {
  /** Settles when everything has ended; rejected with what has gone wrong. */
  readonly ended: Promise<void>;
  /** Ends it in order: the batch under way is learned from, and the model is stored. */
  stop(): void;
  /** Ends it at once. */
  abort(): void;
}
