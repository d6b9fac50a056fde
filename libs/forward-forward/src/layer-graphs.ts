import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { activate, activationOf } from './activations/index.js';
import { sumsName } from './block-sums.js';
import type { BlockSum } from './block-sums.js';
import { goodnessFactor, goodnessSum } from './goodness/index.js';
import { ACTIVITY, blockSumsOf, exchangedShape, exchangedSums, MEAN_ACTIVITY } from './layer-spec.js';
import { pairsOf, rowsRead } from './batch-shape.js';
import type { BatchShape } from './batch-shape.js';
import type { LayerSpec } from './layer-spec.js';
import { LOGITS, READOUT_SUM, recordLogitParts, recordLogits, stack, unstack } from './linear-readout.js';
import type { LinearReadout } from './linear-readout.js';
import { readInput } from './linear/index.js';
import { normalizationOf } from './normalizations/index.js';
import { allUnits, blocksOf, blockUnits, widthOf } from './unit-blocks.js';
import type { UnitRange } from './unit-blocks.js';

/** Momentum of the running mean by which peer normalization tracks each unit's activity. */
export const PEER_MOMENTUM = 0.9;

/** What a forward graph computes besides goodness. */
export interface ForwardOutputs {
  /** What `learnGraph` needs: raw activations and what {@link keptOf} names. */
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
 * Inputs: those of the sums. Outputs: those of the finish, and all outputs of the sums but those over blocks for each row.
 */
export function forwardGraph(spec: LayerSpec, batch: BatchShape, outputs: ForwardOutputs): Graph {
  const graph = new GraphBuilder('forward');
  const { activations: learns } = outputs;
  const activations = recordActivations(graph, spec, batch, learns, allUnits(spec));
  const totalOf = once((sum) => graph.sumColumns(sum.of(graph, activations, blockUnits(spec.units))));
  recordFinish(graph, spec, totalOf, outputs.normalized ? activations : undefined);
  const readout = readoutFor(spec, batch);
  if (readout !== undefined) {
    const parts = recordLogitParts(graph, readout, activations, batch, spec.units, allUnits(spec), learns);
    recordLogits(graph, spec.units, parts, totalOf(READOUT_SUM), batch, learns);
  }
  return graph.build();
}

/** The readout of a layer, where it reads rows of the batch. */
export function readoutFor(spec: LayerSpec, batch: BatchShape): LinearReadout | undefined {
  return batch.readout === undefined ? undefined : spec.readout;
}

/**
 * The first half of a forward pass: what each shard of a layer computes by itself.
 *
 * Inputs: the batch as in {@link inputShapes}, `weights` [width, inputs], `biases` [1, width], what a readout reads (see
 * {@link recordLogitParts}) and, with `learns`, for dropout `mask` [rows, width], and for peer normalization `meanActivity`
 * [1, width]. Outputs: `activations` [rows, width]; each of {@link exchangedSums}; with `learns`, what {@link keptOf}
 * names, [rows, width]; and with `meanActivity`, `nextMeanActivity` [1, width] and its sums
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
  const readout = readoutFor(spec, batch);
  if (readout !== undefined) {
    const parts = recordLogitParts(graph, readout, activations, batch, spec.units, range, learns);
    graph.output(sumsName(LOGITS), stack(graph, parts));
  }
  return graph.build();
}

/**
 * The second half of a forward pass, once the sums of all shards are there.
 *
 * Inputs: each of {@link exchangedSums} of rows, of all the layer's units, and, for `normalized`, `activations` [rows, width].
 * Outputs: `goodness` [rows, 1], what {@link recordLogits} names and, on request, `normalized` [rows, width].
 * @param outputs whose `activations` says whether the batch is one to learn from
 * @param range the units that are to be normalized
 */
export function finishGraph(spec: LayerSpec, batch: BatchShape, outputs: ForwardOutputs, range: UnitRange): Graph {
  const graph = new GraphBuilder('finish');
  const blocks = blocksOf(spec.units).length;
  const given = exchangedSums(spec, batch, false);
  const sums = new Map(
    given.map((sum) => [sum.name, graph.input(sumsName(sum.name), exchangedShape(sum, spec, batch, blocks))]),
  );
  const totalOf = once(({ name }) => graph.sumColumns(sums.get(name) as Value));
  const { activations: learns, normalized } = outputs;
  recordFinish(graph, spec, totalOf, normalized ? graph.input('activations', [batch.rows, widthOf(range)]) : undefined);
  const stacked = sums.get(LOGITS);
  if (stacked !== undefined) {
    const parts = unstack(graph, stacked, rowsRead(batch));
    recordLogits(graph, spec.units, parts, totalOf(READOUT_SUM), batch, learns);
  }
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
    if (spec.peerNormalization > 0) recordActivity(graph, spec, activations, pairsOf(batch));
  }
  return activations;
}

/** The running mean of each unit's activity on positive rows, moved on by this batch, and its sums over blocks. */
function recordActivity(graph: GraphBuilder, spec: LayerSpec, activations: Value, pairs: number): void {
  const width = activations.shape[1];
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
 * What a whole layer makes of the sums of its inputs, [rows, units], within a larger graph: its goodness, [rows, 1], what the
 * next layer gets, [rows, units], and what its readout reads, of the same shape.
 */
export function recordLayer(
  graph: GraphBuilder,
  spec: LayerSpec,
  inputSums: Value,
): { readonly goodness: Value; readonly normalized: () => Value; readonly read: () => Value } {
  const { normalization, units } = spec;
  const activations = activate(graph, spec.activation, inputSums);
  const totalOf = once((sum) => graph.sumColumns(sum.of(graph, activations, blockUnits(units))));
  return {
    goodness: recordGoodness(graph, spec, totalOf),
    normalized: () => normalizationOf(normalization.name).apply(graph, activations, totalOf, units),
    read: () => normalizationOf('mean-square').apply(graph, activations, totalOf, units),
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
