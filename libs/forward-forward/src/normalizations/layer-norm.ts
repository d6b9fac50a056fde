import { SQUARES, VALUES } from '../block-sums.js';
import { divideByRoot, normalization } from './normalization.js';

export const layerNorm = normalization({
  name: 'layer-norm',
  summary: 'each row is brought to a mean of 0 and a variance of 1',
  formula: '(a − μ) / σ, with μ and σ² the mean and the variance of the row',
  source: 'Ba, Kiros and Hinton 2016, arXiv 1607.06450, without gain and bias',
  parameters: {},
  sums: [VALUES, SQUARES],
  keepsZeros: false,
  apply: (graph, rows, totalOf, units) => {
    const mean = graph.scale(totalOf(VALUES), 1 / units);
    // Rounding may leave a little less than nothing.
    const variance = graph.relu(graph.sub(graph.scale(totalOf(SQUARES), 1 / units), graph.mul(mean, mean)));
    return divideByRoot(graph, graph.sub(rows, mean), variance);
  },
});
