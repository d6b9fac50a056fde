import type { Graph, GraphNode, Operation } from '@layerline/ops';
import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<string, tf.Tensor2D>>;

/**
 * Computes a graph with TensorFlow.js, simply, by operations that it can differentiate.
 * @returns the graph's outputs by name
 */
export function runInTensorflow(graph: Graph, inputs: Inputs): Record<string, tf.Tensor2D> {
  const values: tf.Tensor2D[] = [];
  for (const { operation } of graph.nodes) {
    values.push(evaluate(operation, (id) => values[id] as tf.Tensor2D, inputs));
  }
  return Object.fromEntries([...graph.outputs].map(([name, id]) => [name, values[id] as tf.Tensor2D]));
}

function evaluate(operation: Operation, at: (id: number) => tf.Tensor2D, inputs: Inputs): tf.Tensor2D {
  switch (operation.op) {
    case 'input':
      return inputs[operation.name] as tf.Tensor2D;
    case 'constant':
      return tf.fill([1, 1], operation.value);
    case 'gemm': {
      const { a, b, c, beta, transposeA, transposeB } = operation;
      const product: tf.Tensor2D = tf.matMul(at(a), at(b), transposeA, transposeB);
      return c === undefined ? product : tf.add(product, tf.mul(at(c), beta));
    }
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return tf[operation.op](at(operation.a), at(operation.b));
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'sqrt':
    case 'step':
      return tf[operation.op](at(operation.a));
    case 'negate':
      return tf.neg(at(operation.a));
    case 'sumRows':
      return tf.sum(at(operation.a), 0, true);
    case 'sumColumns':
      return tf.sum(at(operation.a), 1, true);
    case 'blockSums':
      return blockSums(at(operation.a), operation.blockSize);
    case 'blockSumSquares':
      return blockSums(tf.square(at(operation.a)), operation.blockSize);
    case 'keepLargest':
      return keepLargest(at(operation.a), operation);
    case 'sliceRows':
      return tf.slice(at(operation.a), [operation.start, 0], [operation.end - operation.start, -1]);
    default:
      throw new Error(`No forward pass has had ${operation.op} so far`);
  }
}

function blockSums(a: tf.Tensor2D, blockSize: number): tf.Tensor2D {
  const sums = columnsOf(a, blockSize).map(([from, width]) => tf.sum(tf.slice(a, [0, from], [-1, width]), 1, true));
  return tf.concat(sums, 1) as tf.Tensor2D;
}

/** The mask is a constant: a small change leaves the same numbers the largest. */
function keepLargest(
  a: tf.Tensor2D,
  { count, blockSize }: Extract<GraphNode['operation'], { op: 'keepLargest' }>,
): tf.Tensor2D {
  const rows = a.arraySync();
  const mask = rows.map((row) => {
    return columnsOf(a, blockSize).flatMap(([from, width]) => {
      const block = row.slice(from, from + width);
      const least = [...block].sort((x, y) => y - x)[Math.min(count, width) - 1] ?? 0;
      return block.map((x) => Number(x >= least));
    });
  });
  return tf.mul(a, tf.tensor2d(mask));
}

/** The first column and the number of columns of each block. */
function columnsOf(a: tf.Tensor2D, blockSize: number): [number, number][] {
  const width = a.shape[1];
  return Array.from({ length: Math.ceil(width / blockSize) }, (_, block) => {
    return [block * blockSize, Math.min(blockSize, width - block * blockSize)];
  });
}
