import type { GraphBuilder, Value } from '@layerline/ops';
import { inputShapes } from './layer-spec.js';
import type { BatchShape, LayerSpec } from './layer-spec.js';
import type { Gradient } from './optimizers.js';

/** A batch of rows X as a layer's graphs multiply it, in whatever form it arrives. */
export interface LayerInput {
  /** X · weightsᵀ + biases, [rows, units]. */
  times(weights: Value, biases: Value): Value;
  /** The gradient of the weights: deltaᵀ · X, [units, inputs], plus `added`. @param delta [rows, units] */
  weightGradient(delta: Value, added: Parameters<Gradient>[0]): Value;
}

/** Records the inputs that a batch is read from, see {@link inputShapes}. */
export function readInput(graph: GraphBuilder, spec: LayerSpec, batch: BatchShape): LayerInput {
  const [first, overlay] = Array.from(inputShapes(spec, batch), ([name, shape]) => graph.input(name, shape)) as [
    Value,
    Value | undefined,
  ];
  return overlay === undefined ? plainInput(graph, first) : overlaidInput(graph, first, overlay);
}

function plainInput(graph: GraphBuilder, rows: Value): LayerInput {
  return {
    times: (weights, biases) => graph.gemm(rows, weights, { c: biases, transposeB: true }),
    weightGradient: (delta, added) => graph.gemm(delta, rows, { transposeA: true, ...added }),
  };
}

/**
 * Rows that show the same image share the image's part of both products: half of the arithmetic for a positive and a
 * negative row of each image, a tenth for an image under ten labels.
 */
function overlaidInput(graph: GraphBuilder, images: Value, overlay: Value): LayerInput {
  const [count, inputs] = images.shape;
  const overlaid = overlay.shape[1];
  return {
    times: (weights, biases) => {
      const product = (rows: Value): Value => graph.gemm(rows, weights, { c: biases, transposeB: true });
      // A product of one row would have other bits if the weights are those of a shard.
      const shared = count > 1 ? product(images) : graph.sliceRows(product(graph.concatRows(images, images)), 0, 1);
      const ofOverlay = graph.gemm(overlay, graph.sliceColumns(weights, 0, overlaid), { transposeB: true });
      return graph.addRepeated(ofOverlay, shared);
    },
    // One product over the images' rows and, for the overlay, rows of the identity: its gradient, a row for each of its
    // inputs, lands where the images have zeros, and the weights need not be cut apart.
    weightGradient: (delta, added) => {
      const ofOverlay = graph.gemm(overlay, delta, { transposeA: true });
      const rows = graph.concatRows(images, graph.identity([overlaid, inputs]));
      const deltas = graph.concatRows(graph.sumRepeats(delta, count), ofOverlay);
      return graph.gemm(deltas, rows, { transposeA: true, ...added });
    },
  };
}
