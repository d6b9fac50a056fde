import { objective, softplus, steepness } from './objective.js';

export const pairwise = objective({
  name: 'pairwise',
  summary: 'more goodness for a positive row than for its negative one',
  formula: 'softplus(−α (g⁺ − g⁻))',
  source: 'SymBa: Lee and Song 2023, arXiv 2303.08418, equation 3',
  rows: 'pairs',
  parameters: { alpha: steepness({ unit: 4, layer: 0.04 }) },
  sgdRate: { unit: 0.5, layer: 0.1 },
  loss: ({ alpha }, positive, negative) => softplus(alpha * (negative - positive)),
  lossGradient: (graph, { alpha }, positive, negative) => {
    const wrong = graph.sigmoid(graph.scale(graph.sub(negative, positive), alpha));
    return { positive: graph.scale(wrong, -alpha), negative: graph.scale(wrong, alpha) };
  },
});
