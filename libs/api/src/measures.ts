import type { LayerObservation } from './observation.js';

/**
 * - `gauge`: as it is now
 * - `counter`: only grows within a run
 */
export type MeasureKind = 'gauge' | 'counter';

/** Something that is measured, under the one name that record, page, `/metrics`, Grafana and documentation use. */
export interface Measure<Source> {
  /** Lower case, words joined by hyphens. */
  readonly name: string;
  readonly kind: MeasureKind;
  /** Of its values; empty for a number without one. Shares are `ratio`: 0 … 1. */
  readonly unit: '' | 'ratio' | 'seconds' | 'bytes' | 'images' | 'rows' | 'frames';
  readonly help: string;
  /** Its value; null where there is none. */
  readonly read: (source: Source) => number | null;
}

/** What a layer observes of its own learning. */
export const LAYER_MEASURES: readonly Measure<LayerObservation>[] = [
  gauge('positive-goodness', '', 'Mean goodness of positive rows', ({ positive }) => positive.mean),
  gauge('negative-goodness', '', 'Mean goodness of negative rows', ({ negative }) => negative.mean),
  gauge('positive-deviation', '', 'Standard deviation of the goodness of positive rows', (o) => o.positive.deviation),
  gauge('negative-deviation', '', 'Standard deviation of the goodness of negative rows', (o) => o.negative.deviation),
  gauge('separation', 'ratio', 'Pairs whose positive row has more goodness than its negative one', (o) => o.separation),
  gauge(
    'pairwise-error',
    'ratio',
    'How often a negative row has more goodness than any positive one',
    (o) => o.pairwiseError,
  ),
  gauge('loss', '', 'Mean of the objective over the pairs', ({ loss }) => loss),
  gauge('silent-units', 'ratio', 'Units that were 0 for all rows of the last ten batches', (o) => o.silentUnits),
  gauge('weight-norm', '', 'Euclidean norm of the weights', ({ weightNorm }) => weightNorm),
  gauge('update-norm', '', 'Euclidean norm of the last change of the weights', ({ updateNorm }) => updateNorm),
  gauge('learning-rate', '', 'Learning rate of the last update', ({ learningRate }) => learningRate),
];

/** Of a layer, at evaluations. */
export const LAYER_TEST_ERROR = gauge<number>(
  'test-error',
  'ratio',
  'Test images that the goodness of this layer alone gets wrong',
  (error) => error,
);

/** Of the whole network, at evaluations. */
export const TEST_ERROR = gauge<number>(
  'test-error',
  'ratio',
  'Test images that the network gets wrong',
  (error) => error,
);

function gauge<Source>(
  name: string,
  unit: Measure<Source>['unit'],
  help: string,
  read: Measure<Source>['read'],
): Measure<Source> {
  return { name, kind: 'gauge', unit, help, read };
}
