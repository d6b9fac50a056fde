import { sameShape } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import type { Tensor, Tensors } from './engine.js';
import { EngineError } from './errors.js';

/**
 * The tensors that `names` (a graph's inputs or outputs) stand for, in the order of the graph.
 * @throws EngineError when one is missing or does not have the graph's shape
 */
export function bind(graph: Graph, names: ReadonlyMap<string, number>, tensors: Tensors): Tensor[] {
  return Array.from(names, ([name, id]) => {
    const tensor = tensors[name];
    const shape = graph.nodes[id]?.shape;
    if (tensor === undefined) throw new EngineError(`Graph "${graph.name}" was run without a tensor for "${name}"`);
    if (shape === undefined || !sameShape(tensor.shape, shape)) {
      throw new EngineError(
        `Graph "${graph.name}" takes "${name}" as ${shape?.join(' × ')}, not as ${tensor.shape.join(' × ')}`,
      );
    }
    return tensor;
  });
}
