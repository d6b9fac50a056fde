import { readout } from './readout.js';

export const allButFirst = readout({
  name: 'all-but-first',
  summary: 'goodness of all layers but the first',
  formula: 'argmax over labels of Σ over all layers but the first of g',
  source: 'Hinton 2022, arXiv 2212.13345, section 3.3: "all but the first hidden layer"',
  parameters: {},
  layers: (learners) => [...Array(learners).keys()].slice(1),
});
