import { objective, softplus, steepness } from './objective.js';

export const threshold = objective({
  name: 'threshold',
  summary: 'goodness above θ for positive rows, below it for negative ones',
  formula: 'softplus(−α (g⁺ − θ)) + softplus(α (g⁻ − θ))',
  source: 'Hinton 2022, arXiv 2212.13345, equation 1',
  rows: 'pairs',
  parameters: {
    alpha: steepness({ unit: 6, layer: 1 }),
    threshold: {
      help: 'goodness per unit that separates positive from negative',
      symbol: 'θ',
      range: {},
      default: { unit: 1, layer: 1 },
      isGoodness: true,
    },
  },
  sgdRate: { unit: 0.1, layer: 0.001 },
  loss: ({ alpha, threshold }, positive, negative) => {
    return softplus(alpha * (threshold - positive)) + softplus(alpha * (negative - threshold));
  },
  lossGradient: (graph, { alpha, threshold }, positive, negative) => {
    const level = graph.constant(threshold);
    const missing = graph.sigmoid(graph.scale(graph.sub(level, positive), alpha));
    const excess = graph.sigmoid(graph.scale(graph.sub(negative, level), alpha));
    return { positive: graph.scale(missing, -alpha), negative: graph.scale(excess, alpha) };
  },
});
