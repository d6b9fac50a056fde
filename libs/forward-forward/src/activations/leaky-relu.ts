import { activation } from './activation.js';

export const leakyRelu = activation({
  name: 'leaky-relu',
  summary: 'rectified linear that lets a share of negative sums through',
  formula: 'max(z, 0) + ℓ min(z, 0)',
  source: 'Maas, Hannun and Ng 2013',
  parameters: {
    leak: {
      help: 'share of negative sums that leaky-relu lets through',
      symbol: 'ℓ',
      range: { above: 0, to: 1 },
      default: { unit: 0.01, layer: 0.01 },
    },
  },
  keepsInput: false,
  passesOn: false,
  apply: (graph, { leak }, z) => graph.sub(graph.relu(z), graph.scale(graph.relu(graph.negate(z)), leak)),
  // a has the sign of z.
  derivative: (graph, { leak }, a) => {
    return graph.add(graph.scale(graph.step(a), 1 - leak), graph.constant(leak));
  },
});
