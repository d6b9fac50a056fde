import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// Registers the operations' gradients, which the build of tfjs-core for Node leaves out.
import '@tensorflow/tfjs-layers';
import type { LayerSpec } from '../../src/index.js';
import { matrix } from './layer.js';
import type { State } from './layer.js';

// Without this tfjs advertises its native package on standard output.
tf.env().set('IS_TEST', true);

export interface Gradients {
  readonly weights: Float64Array;
  readonly biases: Float64Array;
}

/** Gradients of the loss below by TensorFlow.js, in single precision. */
export function automaticGradients(spec: LayerSpec, state: State, input: Float64Array): Gradients {
  const gradients = tf.tidy(() => {
    const x = tf.tensor2d(Float32Array.from(input), [input.length / spec.inputs, spec.inputs]);
    const w = tf.tensor2d(Float32Array.from(matrix(state, 'weights')), [spec.units, spec.inputs]);
    const b = tf.tensor1d(Float32Array.from(matrix(state, 'biases')));
    const before = spec.peerNormalization > 0 ? Float32Array.from(matrix(state, 'meanActivity')) : undefined;
    return tf.grads((w: tf.Tensor, b: tf.Tensor) => loss(spec, x, w, b, before))([w, b]);
  });
  const [weights, biases] = gradients.map((gradient) => Float64Array.from(gradient.dataSync()));
  tf.dispose(gradients);
  if (weights === undefined || biases === undefined) throw new Error('tfjs gave no gradients');
  return { weights, biases };
}

/** A layer's loss as the papers define it. */
function loss(
  spec: LayerSpec,
  x: tf.Tensor2D,
  w: tf.Tensor,
  b: tf.Tensor,
  meanActivityBefore: Float32Array | undefined,
): tf.Scalar {
  const h = tf.relu(tf.add(tf.matMul(x, w as tf.Tensor2D, false, true), b)) as tf.Tensor2D;
  const pairs = x.shape[0] / 2;
  const [positive, negative] = tf.split(goodness(spec, h), 2) as [tf.Tensor1D, tf.Tensor1D];
  const objective = tf.mean(lossOfPairs(spec, positive, negative));
  if (meanActivityBefore === undefined) return objective as tf.Scalar;
  const activity = tf.mean(tf.slice(h, [0, 0], [pairs, spec.units]), 0);
  const running = tf.add(tf.mul(tf.tensor1d(meanActivityBefore), 0.9), tf.mul(activity, 0.1));
  const peer = tf.mean(tf.square(tf.sub(tf.mean(running), running)));
  return tf.add(objective, tf.mul(peer, spec.peerNormalization));
}

function goodness(spec: LayerSpec, h: tf.Tensor2D): tf.Tensor1D {
  switch (spec.goodness) {
    case 'mean':
      return tf.mean(tf.square(h), 1);
    case 'sum':
      return tf.sum(tf.square(h), 1);
    case 'negative-sum':
      return tf.neg(tf.sum(tf.square(h), 1));
  }
}

function lossOfPairs(spec: LayerSpec, positive: tf.Tensor1D, negative: tf.Tensor1D): tf.Tensor1D {
  const { name, alpha, threshold } = spec.objective;
  switch (name) {
    case 'threshold':
      return tf.add(
        tf.softplus(tf.mul(tf.sub(positive, threshold), -alpha)),
        tf.softplus(tf.mul(tf.sub(negative, threshold), alpha)),
      );
    case 'pairwise':
      return tf.softplus(tf.mul(tf.sub(positive, negative), -alpha));
    case 'silu': {
      const z = tf.mul(tf.sub(negative, positive), alpha);
      return tf.mul(z, tf.sigmoid(z));
    }
  }
}
