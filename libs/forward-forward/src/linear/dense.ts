import type { GraphBuilder, Value } from '@layerline/ops';
import type { LinearMap } from './linear-map.js';

/** Rows that have nothing in common. @param rows [rows, inputs] */
export function dense(graph: GraphBuilder, rows: Value): LinearMap {
  return {
    times: (weights, biases) => graph.gemm(rows, weights, { c: biases, transposeB: true }),
    weightGradient: (delta, added) => graph.gemm(delta, rows, { transposeA: true, ...added }),
  };
}
