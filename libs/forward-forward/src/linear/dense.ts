import type { GemmOptions, GraphBuilder, Value } from '@layerline/ops';
import type { LinearMap } from './linear-map.js';

/** Rows that have nothing in common. @param rows [rows, inputs] */
export function dense(graph: GraphBuilder, rows: Value): LinearMap {
  return {
    times: (weights, biases) => productOfRows(graph, rows, weights, { c: biases, transposeB: true }),
    weightGradient: (delta, added) => graph.gemm(delta, rows, { transposeA: true, ...added }),
  };
}

/**
 * rows · weights, or with `transposeB` their transpose, so that the columns have the same bits whatever part of the weights there
 * is: a product of one row would have others, and is made of two rows.
 */
export function productOfRows(graph: GraphBuilder, rows: Value, weights: Value, options: GemmOptions): Value {
  if (rows.shape[0] > 1) return graph.gemm(rows, weights, options);
  return graph.sliceRows(graph.gemm(graph.concatRows(rows, rows), weights, options), 0, 1);
}
