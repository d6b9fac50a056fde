import { goodness } from './goodness.js';

/** The strongest units of each block alone count and learn, so that a row is answered for by a few units. */
export const topK = goodness({
  name: 'top-k',
  summary: 'mean of the k largest squared activations of each block of units',
  formula: 'mean of the k largest a² of each block of units',
  source: 'k-sparse units (Makhzani and Frey 2014, arXiv 1312.5663), by block so that layers can be cut into shards',
  scale: 'unit',
  sign: 1,
  sgdFactor: 0.1,
  parameters: {
    topK: {
      help: 'units of each block that count',
      symbol: 'k',
      range: { from: 1, to: 64, isWhole: true },
      default: { unit: 20, layer: 20 },
    },
  },
  sum: ({ topK }) => ({
    name: `top-${topK}-square`,
    of: (graph, activations, blockSize) => {
      const squares = graph.mul(activations, activations);
      return graph.blockSums(graph.keepLargest(squares, Math.min(topK, blockSize), blockSize), blockSize);
    },
  }),
  factor: ({ topK }, blocks) => 1 / blocks.reduce((sum, units) => sum + Math.min(topK, units), 0),
  slope: (graph, { topK }, activations, blockSize) => {
    const squares = graph.mul(activations, activations);
    const isKept = graph.step(graph.keepLargest(squares, Math.min(topK, blockSize), blockSize));
    return { multiple: 2, of: graph.mul(activations, isKept) };
  },
});
