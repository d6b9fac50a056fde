import '@tensorflow/tfjs-backend-cpu';
import { runReference } from '@layerline/ops';
import * as tf from '@tensorflow/tfjs-core';
// Registers the operations' gradients, which the build of tfjs-core for Node leaves out.
import '@tensorflow/tfjs-layers';
import { forwardGraph, pairLoss } from '../../src/index.js';
import type { LayerSpec } from '../../src/index.js';
import { runInTensorflow } from './graph-in-tensorflow.js';
import { maskOf, matrix } from './layer.js';
import type { State } from './layer.js';

// Without this tfjs advertises its native package on standard output.
tf.env().set('IS_TEST', true);

export interface Gradients {
  readonly weights: Float64Array;
  readonly biases: Float64Array;
}

/** So small a change of goodness that the loss is straight, and so large that double precision tells it. */
const STEP = 1e-5;

/**
 * Gradients of a layer's loss by TensorFlow.js, in single precision: it differentiates the layer's own forward graph, through
 * the loss of each pair, which is straight for so small changes, with a slope taken from two of its values.
 */
export function automaticGradients(spec: LayerSpec, state: State, input: Float64Array): Gradients {
  const rows = input.length / spec.inputs;
  const forward = forwardGraph(spec, { rows, images: rows }, { activations: true, normalized: false });
  const given = { ...state, input, mask: maskOf(spec, rows) };
  const { goodness = new Float64Array() } = runReference(forward, given);
  const slopes = lossSlopes(spec, goodness);
  const gradients = tf.tidy(() => {
    const of = (data: Float64Array, [height, width]: [number, number]): tf.Tensor2D => {
      return tf.tensor2d(Float32Array.from(data), [height, width]);
    };
    const tensors = [...forward.inputs].map(([name, id]) => {
      const { shape } = forward.nodes[id] as (typeof forward.nodes)[number];
      return [name, of(matrix(given, name), [...shape])] as const;
    });
    const { weights, biases, ...fixed } = Object.fromEntries(tensors) as Record<string, tf.Tensor2D>;
    return tf.grads((weights: tf.Tensor, biases: tf.Tensor) => {
      const outputs = runInTensorflow(forward, {
        ...fixed,
        weights: weights as tf.Tensor2D,
        biases: biases as tf.Tensor2D,
      });
      const loss = tf.sum(tf.mul(outputs['goodness'] as tf.Tensor, of(slopes, [rows, 1])));
      return spec.peerNormalization > 0 ? tf.add(loss, peerLoss(spec, outputs['nextMeanActivity'] as tf.Tensor)) : loss;
    })([weights as tf.Tensor2D, biases as tf.Tensor2D]);
  });
  const [weights, biases] = gradients.map((gradient) => Float64Array.from(gradient.dataSync()));
  tf.dispose(gradients);
  if (weights === undefined || biases === undefined) throw new Error('tfjs gave no gradients');
  return { weights, biases };
}

/** The slope of a batch's loss in the goodness of each of its rows. */
function lossSlopes({ objective }: LayerSpec, goodness: Float64Array): Float64Array {
  const pairs = goodness.length / 2;
  return goodness.map((_, row) => {
    const [positive, negative] = [goodness[row % pairs] as number, goodness[pairs + (row % pairs)] as number];
    const moved = (by: number): number => {
      return row < pairs ? pairLoss(objective, positive + by, negative) : pairLoss(objective, positive, negative + by);
    };
    return (moved(STEP) - moved(-STEP)) / (2 * STEP) / pairs;
  });
}

function peerLoss({ peerNormalization }: LayerSpec, meanActivity: tf.Tensor): tf.Scalar {
  const deviations = tf.sub(tf.mean(meanActivity), meanActivity);
  return tf.mul(tf.mean(tf.square(deviations)), peerNormalization);
}
