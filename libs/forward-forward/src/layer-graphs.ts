import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { activate, activationOf, activationSlope } from './activations/index.js';
import { sumsName } from './block-sums.js';
import type { BlockSum } from './block-sums.js';
import { goodnessFactor, goodnessSlope, goodnessSum } from './goodness/index.js';
import { ACTIVITY, blockSumsOf, MEAN_ACTIVITY } from './layer-spec.js';
import type { BatchShape, LayerSpec } from './layer-spec.js';
import { readInput } from './linear/index.js';
import { normalizationOf } from './normalizations/index.js';
import { lossGradient } from './objectives/index.js';
import { gradientFactor, updateParameter } from './optimizers.js';
import { allUnits, blocksOf, blockUnits, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/** Momentum of the running mean by which peer normalization tracks each unit's activity. */
export const PEER_MOMENTUM = 0.9;

/** What a forward graph computes besides goodness. */
export interface ForwardOutputs {
  /** What {@link learnGraph} needs: raw activations and what {@link keptOf} names. */
  readonly activations: boolean;
  /** Activations, normalized for the next layer. */
  readonly normalized: boolean;
}

/** What of a forward pass, beside `activations`, is kept until the layer learns: matrices of the same shape, by name. */
export function keptOf({ activation }: LayerSpec): string[] {
  return activationOf(activation.name).keepsInput ? ['inputSums'] : [];
}

/**
 * A layer's forward pass: {@link sumsGraph} and {@link finishGraph} in one, for a layer that is not cut into shards.
 *
 * Inputs: those of the sums. Outputs: `goodness` [rows, 1] and, on request, `normalized` [rows, units] and all outputs of
 * the sums but those over blocks for each row.
 */
export function forwardGraph(spec: LayerSpec, batch: BatchShape, outputs: ForwardOutputs): Graph {
  const graph = new GraphBuilder('forward');
  const activations = recordActivations(graph, spec, batch, outputs.activations, allUnits(spec));
  const totalOf = once((sum) => graph.sumColumns(sum.of(graph, activations, blockUnits(spec.units))));
  recordFinish(graph, spec, totalOf, outputs.normalized ? activations : undefined);
  return graph.build();
}

/**
 * The first half of a forward pass: what each shard of a layer computes by itself.
 *
 * Inputs: the batch as in {@link inputShapes}, `weights` [width, inputs], `biases` [1, width] and, with `learns`, for dropout
 * `mask` [rows, width], and for peer normalization `meanActivity` [1, width]. Outputs: `activations` [rows, width]; each of {@link blockSumsOf}, [rows, blocks];
 * with `learns`, what {@link keptOf} names, [rows, width]; and with `meanActivity`, `nextMeanActivity` [1, width] and its sums
 * over blocks, `activity-sums` [1, blocks].
 * @param learns whether the batch is one to learn from
 * @param range the units, whose number is the width
 */
export function sumsGraph(spec: LayerSpec, batch: BatchShape, learns: boolean, range: UnitRange): Graph {
  const graph = new GraphBuilder('sums');
  const activations = recordActivations(graph, spec, batch, learns, range);
  if (!learns) graph.output('activations', activations);
  for (const sum of blockSumsOf(spec)) {
    graph.output(sumsName(sum.name), sum.of(graph, activations, blockUnits(spec.units)));
  }
  return graph.build();
}

/**
 * The second half of a forward pass, once the sums of all shards are there.
 *
 * Inputs: each of {@link blockSumsOf}, [rows, blocks] of all the layer's units, and, for `normalized`, `activations` [rows,
 * width]. Outputs: `goodness` [rows, 1] and, on request, `normalized` [rows, width].
 * @param range the units that are to be normalized
 */
export function finishGraph(spec: LayerSpec, rows: number, normalized: boolean, range: UnitRange): Graph {
  const graph = new GraphBuilder('finish');
  const blocks = blocksOf(spec.units).length;
  const sums = new Map(blockSumsOf(spec).map(({ name }) => [name, graph.input(sumsName(name), [rows, blocks])]));
  const totalOf = once(({ name }) => graph.sumColumns(sums.get(name) as Value));
  recordFinish(graph, spec, totalOf, normalized ? graph.input('activations', [rows, widthOf(range)]) : undefined);
  return graph.build();
}

function recordActivations(
  graph: GraphBuilder,
  spec: LayerSpec,
  batch: BatchShape,
  learns: boolean,
  range: UnitRange,
): Value {
  const width = widthOf(range);
  const input = readInput(graph, spec, batch);
  const weights = graph.input('weights', [width, spec.inputs]);
  const biases = graph.input('biases', [1, width]);
  const inputSums = input.times(weights, biases);
  const whole = activate(graph, spec.activation, inputSums);
  const activations = learns && spec.dropout > 0 ? graph.mul(whole, graph.input('mask', whole.shape)) : whole;
  if (learns) {
    graph.output('activations', activations);
    for (const name of keptOf(spec)) graph.output(name, inputSums);
    if (spec.peerNormalization > 0) recordActivity(graph, spec, activations, width);
  }
  return activations;
}

/** The running mean of each unit's activity on positive rows, moved on by this batch, and its sums over blocks. */
function recordActivity(graph: GraphBuilder, spec: LayerSpec, activations: Value, width: number): void {
  const pairs = activations.shape[0] / 2;
  const positive = graph.sliceRows(activations, 0, pairs);
  const before = graph.scale(graph.input(MEAN_ACTIVITY, [1, width]), PEER_MOMENTUM);
  const next = graph.add(before, graph.scale(graph.sumRows(positive), (1 - PEER_MOMENTUM) / pairs));
  graph.output('nextMeanActivity', next);
  graph.output(sumsName(ACTIVITY), graph.blockSums(next, blockUnits(spec.units)));
}

/** @param activations to be normalized, if any are */
function recordFinish(
  graph: GraphBuilder,
  spec: LayerSpec,
  totalOf: (sum: BlockSum) => Value,
  activations: Value | undefined,
): void {
  graph.output('goodness', recordGoodness(graph, spec, totalOf));
  if (activations === undefined) return;
  graph.output('normalized', normalizationOf(spec.normalization.name).apply(graph, activations, totalOf, spec.units));
}

/** @param totalOf a sum over all units, [rows, 1] @returns [rows, 1] */
function recordGoodness(graph: GraphBuilder, { goodness, units }: LayerSpec, totalOf: (sum: BlockSum) => Value): Value {
  return graph.scale(totalOf(goodnessSum(goodness)), goodnessFactor(goodness, units));
}

/**
 * What a whole layer makes of the sums of its inputs, [rows, units], within a larger graph: its goodness, [rows, 1], and what the
 * next layer gets, [rows, units].
 */
export function recordLayer(
  graph: GraphBuilder,
  spec: LayerSpec,
  inputSums: Value,
): { readonly goodness: Value; readonly normalized: () => Value } {
  const { normalization, units } = spec;
  const activations = activate(graph, spec.activation, inputSums);
  const totalOf = once((sum) => graph.sumColumns(sum.of(graph, activations, blockUnits(units))));
  return {
    goodness: recordGoodness(graph, spec, totalOf),
    normalized: () => normalizationOf(normalization.name).apply(graph, activations, totalOf, units),
  };
}

/** Records each sum no more than once. */
function once(record: (sum: BlockSum) => Value): (sum: BlockSum) => Value {
  const recorded = new Map<string, Value>();
  return (sum) => {
    const value = recorded.get(sum.name) ?? record(sum);
    recorded.set(sum.name, value);
    return value;
  };
}

/**
 * A layer's learning step on a batch that it has passed forward: the closed-form gradient of its loss, then the
 * optimizer's update.
 *
 * The loss is the objective's mean over the pairs, plus λ mean_u (m̄ − m_u)² for peer normalization, where m_u is the
 * running mean of unit u's activity on positive rows and m̄ the mean of all m_u. The idea is that of Hinton's Matlab code
 * of 2022, which adds m̄ − m_u to the gradient of silent units too; as the gradient of a loss, it leaves those alone.
 *
 * Inputs: the batch as in {@link inputShapes}, `activations` and what {@link keptOf} names, [rows, width], `mask` of the
 * same shape for dropout, `goodness` [rows, 1], the 1 × 1 scalars `rate`, `decay` and `epsilon` of the step, and the state of the units by name; in place of
 * `meanActivity`, what the forward pass has made of it: `nextMeanActivity` [1, width], and `activity-sums` [1, blocks] of all
 * the layer's units. Outputs: the new state by name.
 * @param batch of pairs; positive rows come first
 * @param range the units that learn, whose number is the width
 */
export function learnGraph(spec: LayerSpec, batch: BatchShape, range: UnitRange = allUnits(spec)): Graph {
  const { rows } = batch;
  const width = widthOf(range);
  const graph = new GraphBuilder('learn');
  const input = readInput(graph, spec, batch);
  const activations = graph.input('activations', [rows, width]);
  const [inputSums] = keptOf(spec).map((name) => graph.input(name, [rows, width]));
  const goodness = graph.input('goodness', [rows, 1]);
  const step = {
    rate: graph.input('rate', [1, 1]),
    decay: graph.input('decay', [1, 1]),
    epsilon: graph.input('epsilon', [1, 1]),
  };
  const { optimizer, inputs } = spec;
  const mask = spec.dropout > 0 ? graph.input('mask', [rows, width]) : undefined;
  const passed = { activations, inputSums, mask, goodness };
  const delta = localGradient(graph, spec, passed, gradientFactor(graph, optimizer, step));
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
  /** [rows, 1] */
  readonly goodness: Value;
}

/**
 * The gradient of the loss with respect to the sums that the activation is applied to, times `factor`: ∂loss/∂goodness, one
 * number per row, so that a factor there costs nothing, × ∂goodness/∂activation × the slope of the activation.
 */
function localGradient(graph: GraphBuilder, spec: LayerSpec, passed: Passed, factor: Value | undefined): Value {
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
  { activations, inputSums, mask, goodness }: Passed,
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
    goodness,
  };
  return { active: everySlope(graph, spec, passed), pull };
}
