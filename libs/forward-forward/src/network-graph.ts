import { GraphBuilder } from '@layerline/ops';
import type { Graph, Shape, Value } from '@layerline/ops';
import { recordLayer } from './layer-graphs.js';
import type { LayerSpec } from './layer-spec.js';
import { READOUT_WEIGHTS } from './linear-readout.js';
import { EPSILON } from './normalizations/normalization.js';

/** What a whole network is, beside its parameters. */
export interface NetworkSpec {
  /** The first of them has an overlay: the label, an input for each class. */
  readonly layers: readonly LayerSpec[];
  /** Numbers of a row as it is given. The first layer takes the last of them, as many as it has inputs beside the overlay. */
  readonly columns: number;
  /** Layers whose goodness, or logits, are added up, from 0. */
  readonly counted: readonly number[];
  /** Whether columns are standardized. */
  readonly standardizes: boolean;
  /** Whether rows without a label are read by linear readouts, in place of goodness under each label. */
  readonly isRead: boolean;
  /** The sum of squares of the label that rows are scaled with. */
  readonly labelSquares: number;
}

/** The name of a layer's parameter in a {@link networkGraph}. @param layer from 0 */
export function networkParameter(layer: number, parameter: string): string {
  return `layer-${layer + 1}.${parameter}`;
}

/**
 * A trained network in one graph: rows as they are given, and the goodness of each class (Hinton 2022, arXiv 2212.13345,
 * section 3.3), or its logits. All values with as many rows as are given do without the number of them, so that it can be left open.
 *
 * Inputs: `rows` [rows, columns]; of each layer {@link networkParameter} `weights` [units, inputs], `biases` [1, units] and, for
 * a network that is read, `readout.weights` [units, classes]; where columns are standardized `means` and `factors`, [1, columns].
 * Outputs: `goodness`, or `logits`, [rows, classes], added up over the layers that classify, and of each layer `layer-N`
 * [rows, classes].
 */
export function networkGraph(network: NetworkSpec, rows: number): Graph {
  const { layers, columns, counted, standardizes, isRead, labelSquares } = network;
  const graph = new GraphBuilder('network');
  const given = graph.input('rows', [rows, columns]);
  const prepared = standardizes
    ? graph.mul(graph.sub(given, graph.input('means', [1, columns])), graph.input('factors', [1, columns]))
    : given;
  const parameters = layers.map(({ units, inputs, readout }, layer): Parameters => {
    const input = (name: string, shape: Shape): Value => graph.input(networkParameter(layer, name), shape);
    return {
      weights: input('weights', [units, inputs]),
      biases: input('biases', [1, units]),
      readout: isRead && readout !== undefined ? input(READOUT_WEIGHTS, [units, readout.classes]) : undefined,
    };
  });
  const first = parameters[0] as Parameters;
  const { overlay, inputs } = layers[0] as LayerSpec;
  const shown = graph.sliceColumns(prepared, columns - (inputs - overlay), columns);
  const factor = rowFactor(graph, shown, inputs, labelSquares);
  // What rows have in common under all labels.
  const common = graph.gemm(graph.mul(shown, factor), graph.sliceColumns(first.weights, overlay, inputs), {
    c: first.biases,
    transposeB: true,
  });
  const pass = (label: Value): Passed[] => {
    let sums = withLabel(graph, common, factor, label, graph.sliceColumns(first.weights, 0, overlay));
    return layers.map((spec, layer) => {
      const passed = recordLayer(graph, spec, sums);
      const next = parameters[layer + 1];
      const { labels = 0, inputs: width = 0 } = layers[layer + 1] ?? {};
      if (next === undefined) return passed;
      const ofRows = labels === 0 ? next.weights : graph.sliceColumns(next.weights, 0, width - labels);
      sums = graph.gemm(passed.normalized(), ofRows, { c: next.biases, transposeB: true });
      if (labels === 0) return passed;
      const ofLabel = graph.sliceColumns(next.weights, width - labels, width);
      sums = withLabel(graph, sums, factor, label, ofLabel);
      return passed;
    });
  };
  const classes = graph.identity([overlay, overlay]);
  const totals = layers.map((): Value | undefined => undefined);
  if (isRead) {
    const neutral = graph.scale(graph.sumRows(classes), 1 / overlay);
    for (const [layer, { read }] of pass(neutral).entries()) {
      const { readout } = parameters[layer] as Parameters;
      if (readout !== undefined) totals[layer] = graph.gemm(read(), readout);
    }
  } else {
    for (let label = 0; label < overlay; label++) {
      const own = graph.sliceRows(classes, label, label + 1);
      for (const [layer, { goodness }] of pass(own).entries()) totals[layer] = put(graph, goodness, own, totals[layer]);
    }
  }
  const ofCounted = totals.filter((total, layer): total is Value => total !== undefined && counted.includes(layer));
  graph.output(
    isRead ? 'logits' : 'goodness',
    ofCounted.reduce((sum, total) => graph.add(sum, total)),
  );
  for (const [layer, total] of totals.entries()) graph.output(`layer-${layer + 1}`, total as Value);
  return graph.build();
}

type Passed = ReturnType<typeof recordLayer>;

/** Sums of inputs with those of a label: the same for all rows, but for the factor of each. @param label [1, inputs of it] */
function withLabel(graph: GraphBuilder, sums: Value, factor: Value, label: Value, weights: Value): Value {
  return graph.gemm(factor, graph.gemm(label, weights, { transposeB: true }), { c: sums });
}

interface Parameters {
  readonly weights: Value;
  readonly biases: Value;
  readonly readout: Value | undefined;
}

/** What brings rows with a label to mean square 1, [rows, 1]; see {@link normalizationFactor}. */
function rowFactor(graph: GraphBuilder, shown: Value, inputs: number, labelSquares: number): Value {
  const sumSquares = graph.add(graph.blockSumSquares(shown, shown.shape[1]), graph.constant(labelSquares));
  const meanSquare = graph.add(graph.scale(sumSquares, 1 / inputs), graph.constant(EPSILON));
  return graph.div(graph.constant(1), graph.sqrt(meanSquare));
}

/** Puts a column where a row of the identity has its 1. @param into [rows, classes] @param column [rows, 1] */
function put(graph: GraphBuilder, column: Value, place: Value, into: Value | undefined): Value {
  return graph.gemm(column, place, into === undefined ? {} : { c: into });
}
