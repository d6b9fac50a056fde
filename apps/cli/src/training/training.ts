import type { RunListener, TrainResult } from '@layerline/coordinator';

/** A training under way, however it is run. */
export interface Training {
  /** Settles when everything has ended and is written down; rejected with what has gone wrong. */
  readonly ended: Promise<TrainResult>;
  /** Ends it in order: the batch under way is learned from, and the model is stored. */
  stop(): void;
  /** Ends it at once. */
  abort(error: Error): void;
}

export type TrainingListener = RunListener;
