import { objective, softplus } from './objective.js';

/**
 * Learns from labelled rows alone, through the layer's own readout. What stands for goodness is the logit of a class: the true
 * one's for the positive row, the highest of the others for the negative one.
 */
export const monoForward = objective({
  name: 'mono-forward',
  summary: "cross-entropy of the layer's own readout, without negatives",
  formula: '−log softmax(z)ᵧ, with logits z = a W / √(Σ a² / U) of the layer and the class y of the row',
  source: 'Gong, Li and Abdulla 2025, arXiv 2501.09238, with rows at mean square 1',
  rows: 'labelled',
  parameters: {},
  sgdRate: { unit: 0.5, layer: 0.5 },
  // Against the best of the other classes: for people to watch.
  loss: (_, positive, negative) => softplus(negative - positive),
});
