import { activation } from './activation.js';

export const tanh = activation({
  name: 'tanh',
  summary: 'hyperbolic tangent',
  formula: 'tanh z',
  source: 'LeCun, Bottou, Orr and Müller 1998',
  parameters: {},
  keepsInput: false,
  passesOn: false,
  apply: (graph, _, z) => graph.tanh(z),
  derivative: (graph, _, a) => graph.sub(graph.constant(1), graph.mul(a, a)),
});
