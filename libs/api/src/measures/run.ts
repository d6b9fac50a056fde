import type { OperationState } from '../operation.js';
import type { RunStatus } from '../status.js';
import { counter, gauge } from './measure.js';
import type { Measure } from './measure.js';

/** What is measured of a run as a whole. */
export interface RunFigures {
  readonly status: RunStatus;
  /** Snapshots that this coordinator has stored. */
  readonly snapshotsStored: number;
  /** Changes of its stages that are over, by how they ended. */
  readonly operations: Readonly<Partial<Record<OperationState, number>>>;
}

/** Of the whole network, at evaluations. */
export const TEST_ERROR = gauge<number>(
  'test-error',
  'ratio',
  'Share of test images that the network gets wrong',
  (error) => error,
);

/** The same of the rows that are held out, where there are any. */
export const VALIDATION_ERROR = gauge<number>(
  'validation-error',
  'ratio',
  'Share of the rows held out of the training set that the network gets wrong',
  (error) => error,
);

export const RUN_MEASURES: readonly Measure<RunFigures>[] = [
  gauge('epoch', '', 'The current epoch, counted from 1; 0 before training', ({ status }) => status.epoch),
  gauge('planned-epochs', '', 'Epochs of the whole run', ({ status }) => status.epochs),
  gauge('images', 'images', 'Training images so far; falls when the run goes back', ({ status }) => status.images),
  gauge('planned-images', 'images', 'Training images of the whole run', ({ status }) => status.imagesInAll),
  gauge(
    'training',
    'seconds',
    'Training time so far, not counting evaluations; falls when the run goes back',
    ({ status }) => status.trainSeconds,
  ),
  { ...TEST_ERROR, read: ({ status }) => status.testError },
  gauge('exact', '', '1 as long as the run has kept to the numerics that it began with', ({ status }) =>
    Number(status.exact),
  ),
  counter(
    'restarts',
    '',
    'How often the run has gone back to a snapshot, or to its start',
    ({ status }) => status.restarts,
  ),
  counter('snapshots-stored', '', 'Snapshots that are complete and on disk', (run) => run.snapshotsStored),
];
