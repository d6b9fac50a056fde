import type { GraphBuilder, Value } from '@layerline/ops';
import { inputShapes } from '../layer-spec.js';
import type { BatchShape } from '../batch-shape.js';
import type { LayerSpec } from '../layer-spec.js';
import { dense } from './dense.js';
import type { LinearMap } from './linear-map.js';
import { overlaid } from './overlaid.js';

/** Records the inputs that a batch is read from, see {@link inputShapes}. */
export function readInput(graph: GraphBuilder, spec: LayerSpec, batch: BatchShape): LinearMap {
  const [first, overlay] = Array.from(inputShapes(spec, batch), ([name, shape]) => graph.input(name, shape)) as [
    Value,
    Value | undefined,
  ];
  return overlay === undefined ? dense(graph, first) : overlaid(graph, first, overlay);
}

/**
 * The same as rows that are learned from.
 * @param learned so many of them, from the first; all, or those of pairs
 */
export function readLearned(graph: GraphBuilder, spec: LayerSpec, batch: BatchShape, learned: number): LinearMap {
  if (learned === batch.rows) return readInput(graph, spec, batch);
  const [first, overlay] = Array.from(inputShapes(spec, batch), ([name, shape]) => graph.input(name, shape)) as [
    Value,
    Value | undefined,
  ];
  const some = (rows: Value): Value => graph.sliceRows(rows, 0, learned);
  if (overlay === undefined) return dense(graph, some(first));
  // Rows with images of their own leave some of these over.
  return overlaid(graph, batch.images === batch.rows ? some(first) : first, some(overlay));
}
