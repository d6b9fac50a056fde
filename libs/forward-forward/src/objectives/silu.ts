import { objective, steepness } from './objective.js';

/** As `pairwise`, but minimal at g⁺ − g⁻ = 1.278 / α: pairs that are further apart are gently pulled back. */
export const silu = objective({
  name: 'silu',
  summary: 'as pairwise, but pulls pairs back that are far apart',
  formula: 'SiLU(α (g⁻ − g⁺)), with SiLU(z) = z σ(z)',
  source: 'Layerline',
  rows: 'pairs',
  parameters: { alpha: steepness({ unit: 6, layer: 0.06 }) },
  sgdRate: { unit: 0.5, layer: 0.1 },
  loss: ({ alpha }, positive, negative) => {
    const z = alpha * (negative - positive);
    return z / (1 + Math.exp(-z));
  },
  lossGradient: (graph, { alpha }, positive, negative) => {
    // d/dz z σ(z) = σ(z) (1 + z (1 − σ(z)))
    const z = graph.scale(graph.sub(negative, positive), alpha);
    const sigma = graph.sigmoid(z);
    const one = graph.constant(1);
    const slope = graph.mul(sigma, graph.add(one, graph.mul(z, graph.sub(one, sigma))));
    return { positive: graph.scale(slope, -alpha), negative: graph.scale(slope, alpha) };
  },
});
