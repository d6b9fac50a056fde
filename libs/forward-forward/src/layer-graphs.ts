import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { goodnessFactor, goodnessOf } from './goodness.js';
import { readInput } from './layer-input.js';
import { MEAN_ACTIVITY } from './layer-spec.js';
import type { BatchShape, LayerSpec } from './layer-spec.js';
import { normalizeByMeanSquare } from './normalization.js';
import { lossGradient } from './objectives.js';
import { gradientFactor, updateParameter } from './optimizers.js';
import { allUnits, blocksOf, blockUnits, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/** Momentum of the running mean by which peer normalization tracks each unit's activity. */
export const PEER_MOMENTUM = 0.9;

/** What a forward graph computes besides goodness. */
export interface ForwardOutputs {
  /** What {@link learnGraph} needs: raw activations and, with peer normalization, mean activities. */
  readonly activations: boolean;
  /** Activations with each row at mean square 1, for the next layer. */
  readonly normalized: boolean;
}

/**
 * A layer's forward pass: {@link sumsGraph} and {@link finishGraph} in one, for a layer that is not cut into shards.
 *
 * Inputs: those of the sums. Outputs: `goodness` [rows, 1] and, on request, `normalized` [rows, units] and all outputs of
 * the sums but `squareSums`.
 */
export function forwardGraph(spec: LayerSpec, batch: BatchShape, outputs: ForwardOutputs): Graph {
  const graph = new GraphBuilder('forward');
  const { activations, squareSums } = recordSums(graph, spec, batch, outputs.activations, allUnits(spec));
  recordFinish(graph, spec, squareSums, outputs.normalized ? activations : undefined);
  return graph.build();
}

/**
 * The first half of a forward pass: what each shard of a layer computes by itself.
 *
 * Inputs: the batch as in {@link inputShapes}, `weights` [width, inputs], `biases` [1, width] and, with `learns` and peer
 * normalization, `meanActivity` [1, width]. Outputs: `activations` [rows, width]; `squareSums` [rows, blocks], sums of
 * squared activations over blocks of units; and with `meanActivity`, `nextMeanActivity` [1, width] and its sums over
 * blocks, `activitySums` [1, blocks].
 * @param learns whether the batch is one to learn from
 * @param range the units, whose number is the width
 */
export function sumsGraph(spec: LayerSpec, batch: BatchShape, learns: boolean, range: UnitRange): Graph {
  const graph = new GraphBuilder('sums');
  const { activations, squareSums } = recordSums(graph, spec, batch, learns, range);
  if (!learns) graph.output('activations', activations);
  graph.output('squareSums', squareSums);
  return graph.build();
}

/**
 * The second half of a forward pass, once the sums of all shards are there.
 *
 * Inputs: `squareSums` [rows, blocks] of all the layer's units and, for `normalized`, `activations` [rows, width]. Outputs:
 * `goodness` [rows, 1] and, on request, `normalized` [rows, width].
 * @param range the units that are to be normalized
 */
export function finishGraph(spec: LayerSpec, rows: number, normalized: boolean, range: UnitRange): Graph {
  const graph = new GraphBuilder('finish');
  const squareSums = graph.input('squareSums', [rows, blocksOf(spec.units).length]);
  recordFinish(graph, spec, squareSums, normalized ? graph.input('activations', [rows, widthOf(range)]) : undefined);
  return graph.build();
}

function recordSums(
  graph: GraphBuilder,
  spec: LayerSpec,
  batch: BatchShape,
  learns: boolean,
  range: UnitRange,
): { readonly activations: Value; readonly squareSums: Value } {
  const width = widthOf(range);
  const input = readInput(graph, spec, batch);
  const weights = graph.input('weights', [width, spec.inputs]);
  const biases = graph.input('biases', [1, width]);
  const activations = graph.relu(input.times(weights, biases));
  if (learns) {
    graph.output('activations', activations);
    if (spec.peerNormalization > 0) recordActivity(graph, spec, activations, width);
  }
  return { activations, squareSums: graph.blockSumSquares(activations, blockUnits(spec.units)) };
}

/** The running mean of each unit's activity on positive rows, moved on by this batch, and its sums over blocks. */
function recordActivity(graph: GraphBuilder, spec: LayerSpec, activations: Value, width: number): void {
  const pairs = activations.shape[0] / 2;
  const positive = graph.sliceRows(activations, 0, pairs);
  const before = graph.scale(graph.input(MEAN_ACTIVITY, [1, width]), PEER_MOMENTUM);
  const next = graph.add(before, graph.scale(graph.sumRows(positive), (1 - PEER_MOMENTUM) / pairs));
  graph.output('nextMeanActivity', next);
  graph.output('activitySums', graph.blockSums(next, blockUnits(spec.units)));
}

/** @param activations to be normalized, if any are */
function recordFinish(graph: GraphBuilder, spec: LayerSpec, squareSums: Value, activations: Value | undefined): void {
  const sumSquares = graph.sumColumns(squareSums);
  graph.output('goodness', goodnessOf(graph, spec.goodness, sumSquares, spec.units));
  if (activations === undefined) return;
  const meanSquare = graph.scale(sumSquares, 1 / spec.units);
  graph.output('normalized', normalizeByMeanSquare(graph, activations, meanSquare));
}

/**
 * A layer's learning step on a batch that it has passed forward: the closed-form gradient of its loss, then the
 * optimizer's update.
 *
 * The loss is the objective's mean over the pairs, plus λ mean_u (m̄ − m_u)² for peer normalization, where m_u is the
 * running mean of unit u's activity on positive rows and m̄ the mean of all m_u. The idea is that of Hinton's Matlab code
 * of 2022, which adds m̄ − m_u to the gradient of silent units too; as the gradient of a loss, it leaves those alone.
 *
 * Inputs: the batch as in {@link inputShapes}, `activations` [rows, width], `goodness` [rows, 1], the 1 × 1 scalars
 * `rate`, `decay` and `epsilon` of the step, and the state of the units by name; in place of `meanActivity`, what the forward
 * pass has made of it: `nextMeanActivity` [1, width], and `activitySums` [1, blocks] of all the layer's units. Outputs: the
 * new state by name.
 * @param batch of pairs; positive rows come first
 * @param range the units that learn, whose number is the width
 */
export function learnGraph(spec: LayerSpec, batch: BatchShape, range: UnitRange = allUnits(spec)): Graph {
  const { rows } = batch;
  const width = widthOf(range);
  const graph = new GraphBuilder('learn');
  const input = readInput(graph, spec, batch);
  const activations = graph.input('activations', [rows, width]);
  const goodness = graph.input('goodness', [rows, 1]);
  const step = {
    rate: graph.input('rate', [1, 1]),
    decay: graph.input('decay', [1, 1]),
    epsilon: graph.input('epsilon', [1, 1]),
  };
  const { optimizer, inputs } = spec;
  const delta = localGradient(graph, spec, activations, goodness, gradientFactor(graph, optimizer, step));
  const weights = { name: 'weights', shape: [width, inputs] as const, decays: true };
  const biases = { name: 'biases', shape: [1, width] as const, decays: false };
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
 * The gradient of the peer loss with respect to the pre-activations of positive rows, as `active` [pairs, width] ×
 * `pull` [1, width]. The deviations m_u − m̄ add up to 0, so m̄'s own derivative drops out.
 */
function peerGradient(
  graph: GraphBuilder,
  spec: LayerSpec,
  activations: Value,
  pairs: number,
): { readonly active: Value; readonly pull: Value } {
  const meanActivity = graph.input('nextMeanActivity', [1, activations.shape[1]]);
  const activitySums = graph.input('activitySums', [1, blocksOf(spec.units).length]);
  graph.output(MEAN_ACTIVITY, meanActivity);
  const overall = graph.scale(graph.sumColumns(activitySums), 1 / spec.units);
  const share = (1 - PEER_MOMENTUM) / pairs;
  const pull = graph.scale(graph.sub(meanActivity, overall), (2 * spec.peerNormalization * share) / spec.units);
  return { active: graph.step(graph.sliceRows(activations, 0, pairs)), pull };
}
