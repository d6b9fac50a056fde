import { readout } from './readout.js';

export const all = readout({
  name: 'all',
  summary: 'goodness of all layers',
  formula: 'argmax over labels of Σ over all layers of g',
  source: 'Hinton 2022, arXiv 2212.13345, section 3.3',
  parameters: {},
  layers: (learners) => [...Array(learners).keys()],
});
