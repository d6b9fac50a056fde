import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { recordLayer } from './layer-graphs.js';
import type { LayerSpec } from './layer-spec.js';
import { EPSILON } from './normalizations/normalization.js';

/** What a whole network is, beside its parameters. */
export interface NetworkSpec {
  /** The first of them has an overlay: the label, an input for each class. */
  readonly layers: readonly LayerSpec[];
  /** Numbers of a row as it is given. The first layer takes the last of them, as many as it has inputs beside the overlay. */
  readonly columns: number;
  /** Layers whose goodness is added up, from 0. */
  readonly counted: readonly number[];
  /** Whether columns are standardized. */
  readonly standardizes: boolean;
}

/** The name of a layer's parameter in a {@link networkGraph}. @param layer from 0 */
export function networkParameter(layer: number, parameter: string): string {
  return `layer-${layer + 1}.${parameter}`;
}

/**
 * A trained network in one graph: rows as they are given, and the goodness of each class (Hinton 2022, arXiv 2212.13345,
 * section 3.3). All values with as many rows as are given do without the number of them, so that it can be left open.
 *
 * Inputs: `rows` [rows, columns]; of each layer {@link networkParameter} `weights` [units, inputs] and `biases` [1, units]; where
 * columns are standardized `means` and `factors`, [1, columns]. Outputs: `goodness` [rows, classes], added up over the layers
 * that classify, and of each layer `layer-N` [rows, classes].
 */
export function networkGraph({ layers, columns, counted, standardizes }: NetworkSpec, rows: number): Graph {
  const graph = new GraphBuilder('network');
  const given = graph.input('rows', [rows, columns]);
  const prepared = standardizes
    ? graph.mul(graph.sub(given, graph.input('means', [1, columns])), graph.input('factors', [1, columns]))
    : given;
  const parameters = layers.map(({ units, inputs }, layer) => ({
    weights: graph.input(networkParameter(layer, 'weights'), [units, inputs]),
    biases: graph.input(networkParameter(layer, 'biases'), [1, units]),
  }));
  const [first, ...others] = parameters as [Parameters, ...Parameters[]];
  const { overlay, inputs } = layers[0] as LayerSpec;
  const shown = graph.sliceColumns(prepared, columns - (inputs - overlay), columns);
  const factor = rowFactor(graph, shown, inputs);
  // What rows have in common under all labels, and what each label adds.
  const common = graph.gemm(graph.mul(shown, factor), graph.sliceColumns(first.weights, overlay, inputs), {
    c: first.biases,
    transposeB: true,
  });
  const classes = graph.identity([overlay, overlay]);
  const labels = graph.gemm(classes, graph.sliceColumns(first.weights, 0, overlay), { transposeB: true });
  const totals = layers.map((): Value | undefined => undefined);
  for (let label = 0; label < overlay; label++) {
    let sums = graph.gemm(factor, graph.sliceRows(labels, label, label + 1), { c: common });
    for (const [layer, spec] of layers.entries()) {
      const { goodness, normalized } = recordLayer(graph, spec, sums);
      totals[layer] = put(graph, goodness, graph.sliceRows(classes, label, label + 1), totals[layer]);
      const next = others[layer];
      if (next !== undefined) sums = graph.gemm(normalized(), next.weights, { c: next.biases, transposeB: true });
    }
  }
  const ofCounted = totals.filter((total, layer): total is Value => total !== undefined && counted.includes(layer));
  graph.output(
    'goodness',
    ofCounted.reduce((sum, total) => graph.add(sum, total)),
  );
  for (const [layer, total] of totals.entries()) graph.output(`layer-${layer + 1}`, total as Value);
  return graph.build();
}

interface Parameters {
  readonly weights: Value;
  readonly biases: Value;
}

/** What brings rows with a one-hot label to mean square 1, [rows, 1]; see {@link normalizationFactor}. */
function rowFactor(graph: GraphBuilder, shown: Value, inputs: number): Value {
  const sumSquares = graph.add(graph.blockSumSquares(shown, shown.shape[1]), graph.constant(1));
  const meanSquare = graph.add(graph.scale(sumSquares, 1 / inputs), graph.constant(EPSILON));
  return graph.div(graph.constant(1), graph.sqrt(meanSquare));
}

/** Puts a column where a row of the identity has its 1. @param into [rows, classes] @param column [rows, 1] */
function put(graph: GraphBuilder, column: Value, place: Value, into: Value | undefined): Value {
  return graph.gemm(column, place, into === undefined ? {} : { c: into });
}
