import type { GraphBuilder, Value } from '@layerline/ops';
import { productOfRows } from './dense.js';
import type { LinearMap } from './linear-map.js';

/**
 * Rows that show the same image share the image's part of both products: half of the arithmetic for a positive and a
 * negative row of each image, a tenth for an image under ten labels.
 * @param images [images, inputs], with zeros under the overlay @param overlay [rows, overlaid], the first inputs of each row
 */
export function overlaid(graph: GraphBuilder, images: Value, overlay: Value): LinearMap {
  const [count, inputs] = images.shape;
  const columns = overlay.shape[1];
  return {
    times: (weights, biases) => {
      const shared = productOfRows(graph, images, weights, { c: biases, transposeB: true });
      const ofLabel = graph.sliceColumns(weights, 0, columns);
      const ofOverlay = productOfRows(graph, overlay, ofLabel, { transposeB: true });
      return graph.addRepeated(ofOverlay, shared);
    },
    // One product over the images' rows and, for the overlay, rows of the identity: its gradient, a row for each of its
    // inputs, lands where the images have zeros, and the weights need not be cut apart.
    weightGradient: (delta, added) => {
      const ofOverlay = graph.gemm(overlay, delta, { transposeA: true });
      const rows = graph.concatRows(images, graph.identity([columns, inputs]));
      const deltas = graph.concatRows(graph.sumRepeats(delta, count), ofOverlay);
      return graph.gemm(deltas, rows, { transposeA: true, ...added });
    },
  };
}
