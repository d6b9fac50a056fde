import type { GraphBuilder, Value } from '@layerline/ops';

/**
 * What a layer minimizes. With g⁺ and g⁻ the goodness of a positive row and of the negative row paired with it, the
 * loss of a pair is
 *
 * - `threshold`: softplus(−α (g⁺ − θ)) + softplus(α (g⁻ − θ)), the logistic loss of Hinton 2022, equation 1
 * - `pairwise`: softplus(−α (g⁺ − g⁻)) (SymBa: Lee and Song 2023, arXiv 2303.08418, equation 3)
 * - `silu`: SiLU(α (g⁻ − g⁺)), with SiLU(z) = z σ(z): as `pairwise`, but minimal at g⁺ − g⁻ = 1.278 / α, and pairs
 *   that are further apart are gently pulled back
 *
 * and the loss of a batch is its mean over the pairs.
 */
export const OBJECTIVE_NAMES = ['threshold', 'pairwise', 'silu'] as const;
export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number];

export interface Objective {
  readonly name: ObjectiveName;
  /** α, above 0: how steep the loss is. */
  readonly alpha: number;
  /** θ: the goodness that separates positive from negative rows. Only `threshold` reads it. */
  readonly threshold: number;
}

/** Whether the objective compares each positive row with the negative row made from the same example. */
export function comparesPairs(objective: ObjectiveName): boolean {
  return objective !== 'threshold';
}

/**
 * The derivative of each pair's loss with respect to the goodness of its rows, before the mean over the pairs.
 * @param goodness [2 × pairs, 1], the positive rows first
 * @returns [2 × pairs, 1], in the same order
 */
export function lossGradient(graph: GraphBuilder, objective: Objective, goodness: Value): Value {
  const pairs = goodness.shape[0] / 2;
  const positive = graph.sliceRows(goodness, 0, pairs);
  const negative = graph.sliceRows(goodness, pairs, 2 * pairs);
  const { alpha } = objective;
  switch (objective.name) {
    case 'threshold': {
      const threshold = graph.constant(objective.threshold);
      const missing = graph.sigmoid(graph.scale(graph.sub(threshold, positive), alpha));
      const excess = graph.sigmoid(graph.scale(graph.sub(negative, threshold), alpha));
      return graph.concatRows(graph.scale(missing, -alpha), graph.scale(excess, alpha));
    }
    case 'pairwise': {
      const wrong = graph.sigmoid(graph.scale(graph.sub(negative, positive), alpha));
      return graph.concatRows(graph.scale(wrong, -alpha), graph.scale(wrong, alpha));
    }
    case 'silu': {
      // d/dz z σ(z) = σ(z) (1 + z (1 − σ(z)))
      const z = graph.scale(graph.sub(negative, positive), alpha);
      const sigma = graph.sigmoid(z);
      const one = graph.constant(1);
      const slope = graph.mul(sigma, graph.add(one, graph.mul(z, graph.sub(one, sigma))));
      return graph.concatRows(graph.scale(slope, -alpha), graph.scale(slope, alpha));
    }
  }
}

/**
 * The loss of one pair, in double precision: for people to watch, as learning itself needs only its gradient.
 * @param positive goodness of the positive row @param negative of the negative one
 */
export function pairLoss({ name, alpha, threshold }: Objective, positive: number, negative: number): number {
  switch (name) {
    case 'threshold':
      return softplus(alpha * (threshold - positive)) + softplus(alpha * (negative - threshold));
    case 'pairwise':
      return softplus(alpha * (negative - positive));
    case 'silu': {
      const z = alpha * (negative - positive);
      return z / (1 + Math.exp(-z));
    }
  }
}

/** log(1 + eˣ), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
