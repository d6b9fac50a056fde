import type { GraphBuilder, Value } from '@layerline/ops';
import { inputShapes } from '../layer-spec.js';
import type { BatchShape, LayerSpec } from '../layer-spec.js';
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
