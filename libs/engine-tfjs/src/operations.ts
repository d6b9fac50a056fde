import { sizeOf } from '@layerline/ops';
import type { Operation, Shape } from '@layerline/ops';
import * as tf from '@tensorflow/tfjs-core';

/** What an operation reads: the matrix with the given id. */
type Read = (id: number) => tf.Tensor2D;

/** Computes one operation other than an input from the values before it. @param shape of the result */
export function evaluate(operation: Exclude<Operation, { op: 'input' }>, shape: Shape, read: Read): tf.Tensor2D {
  switch (operation.op) {
    case 'constant':
      return tf.fill([1, 1], operation.value);
    case 'identity':
      return tf.eye(shape[0], shape[1]);
    case 'gemm': {
      const product = multiply(read(operation.a), read(operation.b), operation, shape);
      if (operation.c === undefined) return product;
      const c = read(operation.c);
      return tf.add(product, operation.beta === 1 ? c : tf.mul(c, operation.beta));
    }
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return tf[operation.op](read(operation.a), read(operation.b));
    case 'relu':
    case 'sigmoid':
    case 'tanh':
    case 'sqrt':
    case 'step':
      return tf[operation.op](read(operation.a));
    case 'negate':
      return tf.neg(read(operation.a));
    case 'softplus':
      return softplus(read(operation.a));
    case 'sumRows':
      return sumRows(read(operation.a));
    case 'sumColumns':
      return tf.sum(read(operation.a), 1, true);
    case 'softmax':
      return softmax(read(operation.a));
    case 'blockSums':
      return blockSums(read(operation.a), operation.blockSize);
    case 'blockSumSquares':
      return blockSums(tf.square(read(operation.a)), operation.blockSize);
    case 'keepLargest':
      return keepLargest(read(operation.a), operation.count, operation.blockSize);
    case 'sliceRows':
      return tf.slice(read(operation.a), [operation.start, 0], [...shape]);
    case 'sliceColumns':
      return tf.slice(read(operation.a), [0, operation.start], [...shape]);
    case 'concatRows':
      return tf.concat([read(operation.a), read(operation.b)], 0);
    case 'addRepeated': {
      const b = read(operation.b);
      return tf.reshape(tf.add(tf.reshape(read(operation.a), [-1, ...b.shape]), b), [...shape]);
    }
    case 'sumRepeats':
      return tf.sum(tf.reshape(read(operation.a), [-1, ...shape]), 0);
  }
}

function multiply(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { transposeA, transposeB }: Extract<Operation, { op: 'gemm' }>,
  shape: Shape,
): tf.Tensor2D {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  // This backend is 13 times slower when the product itself transposes. b is left as it is where a and the result are
  // smaller to transpose.
  if (transposeB && b.size > a.size + sizeOf(shape)) {
    return tf.transpose(tf.matMul(b, transposeA ? a : tf.transpose(a)));
  }
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}

/**
 * TensorFlow adds up rows in another order for other numbers of columns, and a product of two rows does not: some of a layer's
 * units have the same bits alone as among all.
 */
function sumRows(a: tf.Tensor2D): tf.Tensor2D {
  if (tf.getBackend() !== 'tensorflow') return tf.sum(a, 0, true);
  const rows = a.shape[0];
  const ones = tf.tensor2d(new Float32Array(2 * rows).fill(1), [2, rows]);
  return tf.slice(tf.matMul(ones, a), [0, 0], [1, a.shape[1]]) as tf.Tensor2D;
}

/** Spelled out, as the backends' own is left out of the build of tfjs-core for Node. */
function softmax(a: tf.Tensor2D): tf.Tensor2D {
  const powers: tf.Tensor2D = tf.exp(tf.sub(a, tf.max(a, 1, true)));
  return tf.div(powers, tf.sum(powers, 1, true));
}

function blockSums(a: tf.Tensor2D, blockSize: number): tf.Tensor2D {
  return tf.sum(split(a, blockSize), 2);
}

/** Blocks of columns along a third axis, the last one padded with zeros. */
function split(a: tf.Tensor2D, blockSize: number): tf.Tensor3D {
  const [rows, columns] = a.shape;
  const blocks = Math.ceil(columns / blockSize);
  const padding = blocks * blockSize - columns;
  const padded =
    padding === 0
      ? a
      : tf.pad(a, [
          [0, 0],
          [0, padding],
        ]);
  return tf.reshape(padded, [rows, blocks, blockSize]);
}

/** Compares with the least of the largest, in order not to depend on which of several equal numbers topk names. */
function keepLargest(a: tf.Tensor2D, count: number, blockSize: number): tf.Tensor2D {
  const blocks = split(a, blockSize);
  const { values } = tf.topk(blocks, count);
  const least = tf.slice(values, [0, 0, count - 1], [-1, -1, 1]);
  const kept = tf.mul(blocks, tf.cast(tf.greaterEqual(blocks, least), 'float32'));
  return tf.slice(tf.reshape(kept, [a.shape[0], -1]), [0, 0], a.shape) as tf.Tensor2D;
}

/**
 * max(a, 0) + log(1 + u) with u = e^−|a|, and log(1 + u) as 2 artanh(u / (2 + u)): the wasm backend's log1p adds the 1
 * first and so loses a small u, and the backends' own softplus drops a term beyond a threshold.
 */
function softplus(a: tf.Tensor2D): tf.Tensor2D {
  const u = tf.exp(tf.neg(tf.abs(a)));
  return tf.add(tf.relu(a), tf.mul(tf.atanh(tf.div(u, tf.add(u, 2))), 2));
}
