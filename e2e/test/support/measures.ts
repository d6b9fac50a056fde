import type { LayerObservation } from '@layerline/api';

/** What is shown of an observation of a layer, by the measures' names as `docs/metrics.md` lists them. */
export const LAYER_MEASURES: Readonly<Record<string, (layer: LayerObservation) => number>> = {
  'positive-goodness': ({ positive }) => positive.mean,
  'negative-goodness': ({ negative }) => negative.mean,
  'positive-deviation': ({ positive }) => positive.deviation,
  'negative-deviation': ({ negative }) => negative.deviation,
  separation: ({ separation }) => separation,
  'pairwise-error': ({ pairwiseError }) => pairwiseError,
  loss: ({ loss }) => loss,
  'silent-units': ({ silentUnits }) => silentUnits,
  'weight-norm': ({ weightNorm }) => weightNorm,
  'update-norm': ({ updateNorm }) => updateNorm,
  'learning-rate': ({ learningRate }) => learningRate,
};
