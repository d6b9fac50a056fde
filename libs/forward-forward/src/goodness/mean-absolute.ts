import { ABSOLUTES } from '../block-sums.js';
import { goodness, unitsIn } from './goodness.js';

export const meanAbsolute = goodness({
  name: 'mean-absolute',
  summary: 'mean of the absolute activations',
  formula: 'Σ |a| / U',
  source: 'the L1 norm in place of the L2 norm of Hinton 2022, arXiv 2212.13345',
  scale: 'unit',
  sign: 1,
  sgdFactor: 1,
  parameters: {},
  sum: () => ABSOLUTES,
  factor: (_, blocks) => 1 / unitsIn(blocks),
  slope: (graph, _numbers, activations) => ({
    multiple: 1,
    of: graph.sub(graph.step(activations), graph.step(graph.negate(activations))),
  }),
});
