import { SQUARES } from '../block-sums.js';
import { goodness, slopeOfSquare, unitsIn } from './goodness.js';

export const mean = goodness({
  name: 'mean',
  summary: 'mean of the squared activations',
  formula: 'Σ a² / U',
  source: 'Hinton 2022, arXiv 2212.13345, divided by the width',
  scale: 'unit',
  sign: 1,
  sgdFactor: 1,
  parameters: {},
  sum: () => SQUARES,
  factor: (_, blocks) => 1 / unitsIn(blocks),
  slope: (_graph, _numbers, activations) => slopeOfSquare(activations),
});
