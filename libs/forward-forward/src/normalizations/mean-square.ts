import { SQUARES } from '../block-sums.js';
import { divideByRoot, normalization } from './normalization.js';

export const meanSquare = normalization({
  name: 'mean-square',
  summary: 'each row is scaled to a mean square of 1',
  formula: 'a / √(Σ a² / U)',
  source: 'Hinton 2022, arXiv 2212.13345, section 2.1',
  parameters: {},
  sums: [SQUARES],
  keepsZeros: true,
  apply: (graph, rows, totalOf, units) => divideByRoot(graph, rows, graph.scale(totalOf(SQUARES), 1 / units)),
});
