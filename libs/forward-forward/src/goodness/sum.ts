import { SQUARES } from '../block-sums.js';
import { goodness, slopeOfSquare } from './goodness.js';

export const sum = goodness({
  name: 'sum',
  summary: 'sum of the squared activations',
  formula: 'Σ a²',
  source: 'Hinton 2022, arXiv 2212.13345, equation 1',
  scale: 'layer',
  sign: 1,
  sgdFactor: 1,
  parameters: {},
  sum: () => SQUARES,
  factor: () => 1,
  slope: (_graph, _numbers, activations) => slopeOfSquare(activations),
});
