import { activation } from './activation.js';

export const relu = activation({
  name: 'relu',
  summary: 'rectified linear',
  formula: 'max(z, 0)',
  source: 'Hinton 2022, arXiv 2212.13345',
  parameters: {},
  keepsInput: false,
  passesOn: true,
  apply: (graph, _, z) => graph.relu(z),
  derivative: (graph, _, a) => graph.step(a),
});
