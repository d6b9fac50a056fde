import { SQUARES } from '../block-sums.js';
import { goodness, slopeOfSquare } from './goodness.js';

/** Training makes positive rows quiet. It is never above 0, so a threshold on it has to be negative. */
export const negativeSum = goodness({
  name: 'negative-sum',
  summary: 'minus the sum of the squared activations',
  formula: '−Σ a²',
  source: 'Hinton 2022, arXiv 2212.13345, abstract: "including minus the sum of the squared activities"',
  scale: 'layer',
  sign: -1,
  sgdFactor: 1,
  parameters: {},
  sum: () => SQUARES,
  factor: () => -1,
  slope: (_graph, _numbers, activations) => slopeOfSquare(activations),
});
