import type { GraphBuilder, Value } from '@layerline/ops';
import { activation } from './activation.js';

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** tanh(√(2/π) (z + 0.044715 z³)) */
function gate(graph: GraphBuilder, z: Value): Value {
  const cube = graph.scale(graph.mul(z, graph.mul(z, z)), CUBIC);
  return graph.tanh(graph.scale(graph.add(z, cube), ROOT));
}

export const gelu = activation({
  name: 'gelu',
  summary: 'Gaussian error linear unit, by its tanh approximation',
  formula: 'z/2 (1 + tanh(√(2/π) (z + 0.044715 z³)))',
  source: 'Hendrycks and Gimpel 2016, arXiv 1606.08415',
  parameters: {},
  keepsInput: true,
  passesOn: false,
  apply: (graph, _, z) => graph.mul(graph.scale(z, 0.5), graph.add(graph.constant(1), gate(graph, z))),
  derivative: (graph, _, _a, z) => {
    if (z === undefined) throw new RangeError('The derivative of gelu needs what it was applied to');
    const tanh = gate(graph, z);
    const one = graph.constant(1);
    const half = graph.scale(graph.add(one, tanh), 0.5);
    const inner = graph.scale(graph.add(one, graph.scale(graph.mul(z, z), 3 * CUBIC)), ROOT / 2);
    return graph.add(half, graph.mul(graph.mul(z, graph.sub(one, graph.mul(tanh, tanh))), inner));
  },
});
