import type { GraphBuilder, Value } from '@layerline/ops';

/**
 * A number of a row that is added up over the units of a layer, block by block: all that shards of a layer need to know of
 * each other's units.
 */
export interface BlockSum {
  /** As in `square`, whose sums are called `square-sums` in graphs and frames. Those of one name are the same numbers. */
  readonly name: string;
  /** @param activations [rows, width] @param blockSize units of a block @returns [rows, blocks] */
  readonly of: (graph: GraphBuilder, activations: Value, blockSize: number) => Value;
}

/** Σ a² */
export const SQUARES: BlockSum = {
  name: 'square',
  of: (graph, activations, blockSize) => graph.blockSumSquares(activations, blockSize),
};

/** Σ a */
export const VALUES: BlockSum = {
  name: 'value',
  of: (graph, activations, blockSize) => graph.blockSums(activations, blockSize),
};

/** Σ |a| */
export const ABSOLUTES: BlockSum = {
  name: 'absolute',
  of: (graph, activations, blockSize) => {
    const below = graph.relu(graph.negate(activations));
    return graph.blockSums(graph.add(graph.relu(activations), below), blockSize);
  },
};

/** What sums of that name are called in graphs and frames. */
export function sumsName(name: string): string {
  return `${name}-sums`;
}
