import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { activationOf, activationSlope } from './activations/index.js';
import { sumsName } from './block-sums.js';
import { goodnessSlope } from './goodness/index.js';
import { keptOf, PEER_MOMENTUM, readoutFor } from './layer-graphs.js';
import { pairsOf } from './batch-shape.js';
import type { BatchShape } from './batch-shape.js';
import { ACTIVITY, learnsThroughReadout, MEAN_ACTIVITY } from './layer-spec.js';
import type { LayerSpec } from './layer-spec.js';
import { recordReadoutStep } from './linear-readout.js';
import { readLearned } from './linear/index.js';
import { lossGradient } from './objectives/index.js';
import { gradientFactor, updateParameter } from './optimizers.js';
import { allUnits, blocksOf, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/**
 * A layer's learning step on a batch that it has passed forward: the closed-form gradient of its loss, then the
 * optimizer's update.
 *
 * The loss is the objective's mean over the pairs, plus λ mean_u (m̄ − m_u)² for peer normalization, where m_u is the
 * running mean of unit u's activity on positive rows and m̄ the mean of all m_u. The idea is that of Hinton's Matlab code
 * of 2022, which adds m̄ − m_u to the gradient of silent units too; as the gradient of a loss, it leaves those alone.
 *
 * Inputs: the batch as in {@link inputShapes}, `activations` and what {@link keptOf} names, [rows, width], `mask` of the
 * same shape for dropout, `goodness` [rows, 1], the 1 × 1 scalars `rate`, `decay` and `epsilon` of the step, and the
 * state of the units by name; in place of
 * `meanActivity`, what the forward pass has made of it: `nextMeanActivity` [1, width], and `activity-sums` [1, blocks] of all
 * the layer's units; and what {@link recordReadoutStep} reads. Outputs: the new state by name.
 * @param batch whose pairs come first, the positive rows before the negative ones
 * @param range the units that learn, whose number is the width
 */
export function learnGraph(spec: LayerSpec, batch: BatchShape, range: UnitRange = allUnits(spec)): Graph {
  const { rows } = batch;
  const width = widthOf(range);
  const graph = new GraphBuilder('learn');
  const throughReadout = learnsThroughReadout(spec);
  const learned = throughReadout ? rows : 2 * pairsOf(batch);
  const first = (value: Value): Value => (learned === rows ? value : graph.sliceRows(value, 0, learned));
  const input = readLearned(graph, spec, batch, learned);
  const whole = graph.input('activations', [rows, width]);
  const [inputSums] = keptOf(spec).map((name) => first(graph.input(name, [rows, width])));
  const step = {
    rate: graph.input('rate', [1, 1]),
    decay: graph.input('decay', [1, 1]),
    epsilon: graph.input('epsilon', [1, 1]),
  };
  const { optimizer, inputs } = spec;
  const mask = spec.dropout > 0 ? first(graph.input('mask', [rows, width])) : undefined;
  const passed = { activations: first(whole), inputSums, mask };
  const factor = gradientFactor(graph, optimizer, step);
  const readout = readoutFor(spec, batch);
  const ofReadout = readout && recordReadoutStep(graph, readout, whole, batch, spec.units);
  const delta =
    throughReadout && ofReadout !== undefined
      ? readoutGradient(graph, spec, passed, ofReadout.gradient(), factor)
      : localGradient(graph, spec, { ...passed, goodness: first(graph.input('goodness', [rows, 1])) }, factor);
  const weights = { name: 'weights', shape: [width, inputs] as const, decays: true };
  const biases = { name: 'biases', shape: [1, width] as const, decays: false };
  updateParameter(graph, optimizer, weights, step, (added) => input.weightGradient(delta, added));
  updateParameter(graph, optimizer, biases, step, (added) => {
    const sum = graph.sumRows(delta);
    return added === undefined ? sum : graph.add(graph.scale(added.c, added.beta), sum);
  });
  return graph.build();
}

/** What a forward pass has made of a batch. */
interface Passed {
  /** [rows, width] */
  readonly activations: Value;
  /** [rows, width], where the activation keeps it. */
  readonly inputSums: Value | undefined;
  /** [rows, width], of dropout: 0, or what makes up for those that are 0. */
  readonly mask: Value | undefined;
}

/** The same of pairs. */
interface PassedPairs extends Passed {
  /** [rows, 1] */
  readonly goodness: Value;
}

/**
 * The gradient of the loss with respect to the sums that the activation is applied to, times `factor`: ∂loss/∂goodness, one
 * number per row, so that a factor there costs nothing, × ∂goodness/∂activation × the slope of the activation.
 */
function localGradient(graph: GraphBuilder, spec: LayerSpec, passed: PassedPairs, factor: Value | undefined): Value {
  const { activations, goodness } = passed;
  const pairs = goodness.shape[0] / 2;
  const times = (value: Value): Value => (factor === undefined ? value : graph.mul(value, factor));
  const slope = goodnessSlope(graph, spec.goodness, activations, spec.units);
  const rowFactor = times(graph.scale(lossGradient(graph, spec.objective, goodness), slope.multiple / pairs));
  const ofActivations = graph.mul(slope.of, rowFactor);
  const slopes = slopesOf(graph, spec, passed);
  const gradient = slopes === undefined ? ofActivations : graph.mul(ofActivations, slopes);
  if (!(spec.peerNormalization > 0)) return gradient;
  const { active, pull } = peerGradient(graph, spec, passed, pairs);
  const positive = graph.add(graph.sliceRows(gradient, 0, pairs), graph.mul(active, times(pull)));
  return graph.concatRows(positive, graph.sliceRows(gradient, pairs, 2 * pairs));
}

/** The same for a layer that learns through its readout. @param gradient ∂loss/∂activation, [rows, width] */
function readoutGradient(
  graph: GraphBuilder,
  spec: LayerSpec,
  passed: Passed,
  gradient: Value,
  factor: Value | undefined,
): Value {
  // Where a unit was not active, or dropped, its activation has a gradient here.
  const ofSums = graph.mul(gradient, everySlope(graph, spec, passed));
  return factor === undefined ? ofSums : graph.mul(ofSums, factor);
}

/**
 * ∂activation/∂sum of inputs. Undefined where it is 1 wherever the activation is not 0, for gradients that are 0 elsewhere
 * anyway.
 */
function slopesOf(graph: GraphBuilder, spec: LayerSpec, passed: Passed): Value | undefined {
  const { passesOn } = activationOf(spec.activation.name);
  return passesOn ? passed.mask : everySlope(graph, spec, passed);
}

/** ∂activation/∂sum of inputs, everywhere. */
function everySlope(graph: GraphBuilder, spec: LayerSpec, { activations, inputSums, mask }: Passed): Value {
  // What was dropped has any slope here, and none below.
  const whole = mask === undefined ? activations : graph.scale(activations, 1 - spec.dropout);
  const slopes = activationSlope(graph, spec.activation, whole, inputSums);
  return mask === undefined ? slopes : graph.mul(slopes, mask);
}

/**
 * The gradient of the peer loss with respect to the sums that the activation is applied to on positive rows, as `active`
 * [pairs, width] × `pull` [1, width]. The deviations m_u − m̄ add up to 0, so m̄'s own derivative drops out.
 */
function peerGradient(
  graph: GraphBuilder,
  spec: LayerSpec,
  { activations, inputSums, mask }: Passed,
  pairs: number,
): { readonly active: Value; readonly pull: Value } {
  const meanActivity = graph.input('nextMeanActivity', [1, activations.shape[1]]);
  const activitySums = graph.input(sumsName(ACTIVITY), [1, blocksOf(spec.units).length]);
  graph.output(MEAN_ACTIVITY, meanActivity);
  const overall = graph.scale(graph.sumColumns(activitySums), 1 / spec.units);
  const share = (1 - PEER_MOMENTUM) / pairs;
  const pull = graph.scale(graph.sub(meanActivity, overall), (2 * spec.peerNormalization * share) / spec.units);
  const positive = (value: Value): Value => graph.sliceRows(value, 0, pairs);
  const passed = {
    activations: positive(activations),
    inputSums: inputSums && positive(inputSums),
    mask: mask && positive(mask),
  };
  return { active: everySlope(graph, spec, passed), pull };
}
