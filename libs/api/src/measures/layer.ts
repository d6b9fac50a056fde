import type { LayerObservation } from '../observation.js';
import { gauge } from './measure.js';
import type { Measure } from './measure.js';

/** What a layer observes of its own learning. */
export const LAYER_MEASURES: readonly Measure<LayerObservation>[] = [
  gauge('positive-goodness', '', 'Mean goodness of positive rows', ({ positive }) => positive.mean),
  gauge('negative-goodness', '', 'Mean goodness of negative rows', ({ negative }) => negative.mean),
  gauge('positive-deviation', '', 'Standard deviation of the goodness of positive rows', (o) => o.positive.deviation),
  gauge('negative-deviation', '', 'Standard deviation of the goodness of negative rows', (o) => o.negative.deviation),
  gauge(
    'separation',
    'ratio',
    'Share of pairs whose positive row has more goodness than its negative one',
    (o) => o.separation,
  ),
  gauge(
    'pairwise-error',
    'ratio',
    'How often a negative row has more goodness than the positive row of another pair',
    (o) => o.pairwiseError,
  ),
  gauge('loss', '', 'Mean of the objective over the pairs', ({ loss }) => loss),
  gauge(
    'silent-units',
    'ratio',
    'Share of units that were 0 for all rows of the last ten batches',
    (o) => o.silentUnits,
  ),
  gauge('weight-norm', '', 'Euclidean norm of the weights', ({ weightNorm }) => weightNorm),
  gauge('update-norm', '', 'Euclidean norm of the last change of the weights', ({ updateNorm }) => updateNorm),
  gauge('learning-rate', '', 'Learning rate of the last update', ({ learningRate }) => learningRate),
];

/** Of a layer, at evaluations. */
export const LAYER_TEST_ERROR = gauge<number>(
  'test-error',
  'ratio',
  'Share of test images that the goodness of this layer alone gets wrong',
  (error) => error,
);
