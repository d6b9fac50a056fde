import type { Graph, GraphNode, Operation } from '@layerline/ops';
import { operandsOf } from './operands.js';

/**
 * Whether an output may be computed straight into the memory of an input, whatever order the library picks for
 * independent operations: everything that reads the input must come before the output, and the operation that makes the
 * output must read each element of the input no later than it writes that element.
 */
export function safeInPlace(graph: Graph, input: number, output: number): boolean {
  const maker = (graph.nodes[output] as GraphNode).operation;
  if (output === input) return true;
  // The input is an output too, copied by an operation that nothing orders before this one.
  if ([...graph.outputs.values()].includes(input)) return false;
  if (operandsOf(maker).includes(input) && !readsBeforeWriting(graph, maker, input)) return false;
  const before = ancestors(graph, output);
  return graph.nodes.every(
    (node, id) => !operandsOf(node.operation).includes(input) || id === output || before.has(id),
  );
}

function readsBeforeWriting(graph: Graph, maker: Operation, input: number): boolean {
  switch (maker.op) {
    case 'gemm':
      return maker.a !== input && maker.b !== input;
    case 'add':
    case 'sub':
    case 'mul':
    case 'div': {
      const [a, b] = [graph.nodes[maker.a] as GraphNode, graph.nodes[maker.b] as GraphNode];
      return a.shape[0] === b.shape[0] && a.shape[1] === b.shape[1];
    }
    default:
      return false;
  }
}

function ancestors(graph: Graph, id: number): Set<number> {
  const found = new Set<number>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const operand of operandsOf((graph.nodes[next] as GraphNode).operation)) {
      if (!found.has(operand)) open.push(operand);
      found.add(operand);
    }
  }
  return found;
}
