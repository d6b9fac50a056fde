import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { goodnessFactor, goodnessOf } from './goodness.js';
import { readInput } from './layer-input.js';
import { MEAN_ACTIVITY } from './layer-spec.js';
import type { BatchShape, LayerSpec } from './layer-spec.js';
import { normalizeByMeanSquare } from './normalization.js';
import { lossGradient } from './objectives.js';
import { gradientFactor, updateParameter } from './optimizers.js';

const MAX_BLOCK_UNITS = 128;
/** A product of fewer columns may differ in its last bits from the same columns of a wider one. */
export const MIN_BLOCK_UNITS = 65;

/**
 * How many units' squared activations are summed as one block. Shards of a layer are cut between blocks. A block size
 * that divides the width, where there is one, saves a padded copy of all activations.
 * @param units the layer's width
 * @returns 65 to 128; the last block may have fewer
 */
export function blockUnits(units: number): number {
  for (let block = MAX_BLOCK_UNITS; block >= MIN_BLOCK_UNITS; block--) if (units % block === 0) return block;
  return MAX_BLOCK_UNITS;
}

/** Momentum of the running mean by which peer normalization tracks each unit's activity. */
export const PEER_MOMENTUM = 0.9;

/** The outputs of a forward graph besides goodness. */
export interface ForwardOutputs {
  /** Raw activations, for {@link learnGraph}. */
  readonly activations: boolean;
  /** Activations with each row at mean square 1, for the next layer. */
  readonly normalized: boolean;
}

/**
 * A layer's forward pass.
 *
 * Inputs: the batch as in {@link inputShapes}, `weights` [units, inputs], `biases` [1, units].
 * Outputs: `goodness` [rows, 1] and, on request, `activations` and `normalized`, both [rows, units].
 */
export function forwardGraph(spec: LayerSpec, batch: BatchShape, outputs: ForwardOutputs): Graph {
  const graph = new GraphBuilder('forward');
  const input = readInput(graph, spec, batch);
  const weights = graph.input('weights', [spec.units, spec.inputs]);
  const biases = graph.input('biases', [1, spec.units]);
  const activations = graph.relu(input.times(weights, biases));
  const sumSquares = graph.sumColumns(graph.blockSumSquares(activations, blockUnits(spec.units)));
  graph.output('goodness', goodnessOf(graph, spec.goodness, sumSquares, spec.units));
  if (outputs.activations) graph.output('activations', activations);
  if (outputs.normalized) {
    const meanSquare = graph.scale(sumSquares, 1 / spec.units);
    graph.output('normalized', normalizeByMeanSquare(graph, activations, meanSquare));
  }
  return graph.build();
}

/**
 * A layer's learning step on a batch that it has passed forward: the closed-form gradient of its loss, then the
 * optimizer's update.
 *
 * The loss is the objective's mean over the pairs, plus λ mean_u (m̄ − m_u)² for peer normalization, where m_u is the
 * running mean of unit u's activity on positive rows and m̄ the mean of all m_u. The idea is that of Hinton's Matlab code
 * of 2022, which adds m̄ − m_u to the gradient of silent units too; as the gradient of a loss, it leaves those alone.
 *
 * Inputs: the batch as in {@link inputShapes}, `activations` [rows, units], `goodness` [rows, 1], the 1 × 1 scalars
 * `rate`, `decay` and `epsilon` of the step, and the layer's state by name. Outputs: the new state by name.
 * @param batch of pairs; positive rows come first
 */
export function learnGraph(spec: LayerSpec, batch: BatchShape): Graph {
  const { rows } = batch;
  const graph = new GraphBuilder('learn');
  const input = readInput(graph, spec, batch);
  const activations = graph.input('activations', [rows, spec.units]);
  const goodness = graph.input('goodness', [rows, 1]);
  const step = {
    rate: graph.input('rate', [1, 1]),
    decay: graph.input('decay', [1, 1]),
    epsilon: graph.input('epsilon', [1, 1]),
  };
  const { optimizer, inputs, units } = spec;
  const delta = localGradient(graph, spec, activations, goodness, gradientFactor(graph, optimizer, step));
  const weights = { name: 'weights', shape: [units, inputs] as const, decays: true };
  const biases = { name: 'biases', shape: [1, units] as const, decays: false };
  updateParameter(graph, optimizer, weights, step, (added) => input.weightGradient(delta, added));
  updateParameter(graph, optimizer, biases, step, (added) => {
    const sum = graph.sumRows(delta);
    return added === undefined ? sum : graph.add(graph.scale(added.c, added.beta), sum);
  });
  return graph.build();
}

/**
 * The gradient of the loss with respect to the pre-activations, times `factor`. A row's goodness is k × the sum of its
 * squared activations, so the gradient is (∂loss/∂goodness) 2k × the activation: one number per row, so that a factor
 * there costs nothing. A ReLU passes the gradient on for active units only, and the activation of all others is 0
 * already.
 */
function localGradient(
  graph: GraphBuilder,
  spec: LayerSpec,
  activations: Value,
  goodness: Value,
  factor: Value | undefined,
): Value {
  const pairs = goodness.shape[0] / 2;
  const k = goodnessFactor(spec.goodness, spec.units);
  const times = (value: Value): Value => (factor === undefined ? value : graph.mul(value, factor));
  const rowFactor = times(graph.scale(lossGradient(graph, spec.objective, goodness), (2 * k) / pairs));
  const gradient = graph.mul(activations, rowFactor);
  if (!(spec.peerNormalization > 0)) return gradient;
  const { active, pull } = peerGradient(graph, spec, activations, pairs);
  const positive = graph.add(graph.sliceRows(gradient, 0, pairs), graph.mul(active, times(pull)));
  return graph.concatRows(positive, graph.sliceRows(gradient, pairs, 2 * pairs));
}

/**
 * The gradient of the peer loss with respect to the pre-activations of positive rows, as `active` [pairs, units] ×
 * `pull` [1, units]. The deviations m_u − m̄ add up to 0, so m̄'s own derivative drops out.
 */
function peerGradient(
  graph: GraphBuilder,
  spec: LayerSpec,
  activations: Value,
  pairs: number,
): { readonly active: Value; readonly pull: Value } {
  const positive = graph.sliceRows(activations, 0, pairs);
  const share = (1 - PEER_MOMENTUM) / pairs;
  const before = graph.scale(graph.input(MEAN_ACTIVITY, [1, spec.units]), PEER_MOMENTUM);
  const meanActivity = graph.add(before, graph.scale(graph.sumRows(positive), share));
  graph.output(MEAN_ACTIVITY, meanActivity);
  const overall = graph.scale(graph.sumColumns(meanActivity), 1 / spec.units);
  const pull = graph.scale(graph.sub(meanActivity, overall), (2 * spec.peerNormalization * share) / spec.units);
  return { active: graph.step(positive), pull };
}
