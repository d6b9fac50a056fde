/**
 * Forward-Forward as a notebook would have it: TensorFlow.js operations one after the other, in one process. The gradient
 * is written out and the transpose is an operation of its own, since the wasm backend is many times slower otherwise.
 *
 * `node tfjs-trainer.js '{"work": …, "evaluate": …, "backend": "wasm", "threads": 1}'` prints one line of JSON.
 */
import { EngineUnavailableError } from '@layerline/engine';
import { DIGITS_SPEC, loadDataset, PIXELS, RowWriter } from '@layerline/datasets';
import type { ImageSet } from '@layerline/datasets';
import type { TfjsBackend } from '@layerline/engine-tfjs';
import { loadBackend } from '@layerline/engine-tfjs/backends';
import { ADAM, learningRateAt, normalizeRow } from '@layerline/forward-forward';
import * as tf from '@tensorflow/tfjs-core';
import type { Measurement } from '../contestants/contestant.js';
import type { Recipe, Work } from '../work.js';

/** What this program is told. */
export interface TfjsTraining {
  readonly work: Work;
  /** Whether to find the test error too. */
  readonly evaluate: boolean;
  readonly backend: TfjsBackend;
  /** How many TensorFlow may use; the other backends have one. */
  readonly threads: number;
}

const EPSILON = 1e-8;
const WARM_UP_STEPS = 3;

interface Parameter {
  value: tf.Tensor2D;
  moments: tf.Tensor2D[];
}

interface Layer {
  readonly weights: Parameter;
  readonly biases: Parameter;
}

function makeLayers({ network, recipe }: Work): Layer[] {
  const parameter = (value: tf.Tensor2D): Parameter => {
    const moments = Array.from({ length: recipe.optimizer === 'sgd' ? 1 : 2 }, () => tf.zerosLike(value));
    return { value, moments };
  };
  return network.layers.map((units, index) => {
    const inputs = network.layers[index - 1] ?? PIXELS;
    return {
      weights: parameter(tf.randomNormal([inputs, units], 0, 1 / Math.sqrt(inputs), 'float32', index + 1)),
      biases: parameter(tf.zeros([1, units])),
    };
  });
}

interface ForwardResult {
  readonly activations: tf.Tensor2D;
  /** [rows, 1] */
  readonly goodness: tf.Tensor2D;
}

function forward(layer: Layer, x: tf.Tensor2D): ForwardResult {
  const activations: tf.Tensor2D = tf.relu(tf.add(tf.matMul(x, layer.weights.value), layer.biases.value));
  return { activations, goodness: tf.mean(tf.square(activations), 1, true) };
}

function normalized({ activations, goodness }: ForwardResult): tf.Tensor2D {
  return tf.mul(activations, tf.rsqrt(tf.add(goodness, EPSILON)));
}

/** The derivative of the mean loss of the pairs by the goodness of each row. */
function slopes(goodness: tf.Tensor2D, { objective, alpha, threshold }: Recipe): tf.Tensor2D {
  const [positive, negative] = tf.split(goodness, 2) as [tf.Tensor2D, tf.Tensor2D];
  const factor = alpha / positive.shape[0];
  if (objective === 'silu') {
    const z = tf.mul(tf.sub(negative, positive), alpha);
    const sigma = tf.sigmoid(z);
    const slope: tf.Tensor2D = tf.mul(tf.mul(sigma, tf.add(tf.mul(z, tf.sub(1, sigma)), 1)), factor);
    return tf.concat([tf.neg(slope), slope]);
  }
  const missing = tf.sigmoid(tf.mul<tf.Tensor2D>(tf.sub(threshold, positive), alpha));
  const excess = tf.sigmoid(tf.mul<tf.Tensor2D>(tf.sub(negative, threshold), alpha));
  return tf.mul(tf.concat([tf.neg(missing), excess]), factor);
}

function update(parameter: Parameter, gradient: tf.Tensor2D, recipe: Recipe, rate: number, step: number): void {
  const [first, second] = parameter.moments as [tf.Tensor2D, tf.Tensor2D | undefined];
  if (second === undefined) {
    const velocity: tf.Tensor2D = tf.sub(tf.mul(first, recipe.momentum), tf.mul(gradient, rate));
    replace(parameter, tf.add(parameter.value, velocity), [velocity]);
    return;
  }
  const { beta1, beta2, epsilon } = ADAM;
  const mean: tf.Tensor2D = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
  const square: tf.Tensor2D = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.add(tf.sqrt(tf.mul(square, 1 / (1 - beta2 ** (step + 1)))), epsilon);
  const change = tf.mul(tf.div(mean, root), rate / (1 - beta1 ** (step + 1)));
  replace(parameter, tf.sub(parameter.value, change), [mean, square]);
}

function replace(parameter: Parameter, value: tf.Tensor2D, moments: tf.Tensor2D[]): void {
  tf.dispose([parameter.value, parameter.moments]);
  parameter.value = tf.keep(value);
  parameter.moments = moments.map((moment) => tf.keep(moment));
}

function learn(layers: readonly Layer[], rows: Float32Array, recipe: Recipe, rate: number, step: number): void {
  tf.tidy(() => {
    let x: tf.Tensor2D = tf.tensor2d(rows, [rows.length / PIXELS, PIXELS]);
    for (const layer of layers) {
      const result = forward(layer, x);
      const units = result.activations.shape[1];
      const delta: tf.Tensor2D = tf.mul(result.activations, tf.mul(slopes(result.goodness, recipe), 2 / units));
      update(layer.weights, tf.matMul(tf.transpose(x), delta), recipe, rate, step);
      update(layer.biases, tf.sum(delta, 0, true), recipe, rate, step);
      x = normalized(result);
    }
  });
}

const WRITER = new RowWriter(DIGITS_SPEC);
const CLASSES = WRITER.classes;

function writeRow(rows: Float32Array, at: number, set: ImageSet, image: number, label: number): void {
  WRITER.row(rows, at, set, image);
  WRITER.label(rows, at, label);
}

/** The rows of a batch: images under their own labels, then under wrong ones. */
function makeRows(set: ImageSet, images: readonly number[]): Float32Array {
  const rows = new Float32Array(2 * images.length * PIXELS);
  images.forEach((image, pair) => {
    const label = set.labels[image] as number;
    const wrong = (label + 1 + Math.floor(Math.random() * (CLASSES - 1))) % CLASSES;
    writeRow(rows, pair * PIXELS, set, image, label);
    writeRow(rows, (images.length + pair) * PIXELS, set, image, wrong);
  });
  for (let offset = 0; offset < rows.length; offset += PIXELS) normalizeRow(rows, offset, PIXELS);
  return rows;
}

/** Batches of images, each epoch in an order of its own. */
function* batches(count: number, batch: number): Generator<number[]> {
  const order = Array.from({ length: count }, (_, image) => image);
  for (;;) {
    tf.util.shuffle(order);
    for (let first = 0; first + batch <= count; first += batch) yield order.slice(first, first + batch);
  }
}

/** The share of images to which the label with the most goodness, added up over the layers, is a wrong one. */
function testError(layers: readonly Layer[], set: ImageSet): number {
  const chunk = 50;
  let wrong = 0;
  for (let first = 0; first < set.count; first += chunk) {
    const count = Math.min(chunk, set.count - first);
    const rows = new Float32Array(count * CLASSES * PIXELS);
    for (let row = 0; row < count * CLASSES; row++) {
      writeRow(rows, row * PIXELS, set, first + Math.floor(row / CLASSES), row % CLASSES);
      normalizeRow(rows, row * PIXELS, PIXELS);
    }
    const guesses = tf.tidy(() => {
      let x: tf.Tensor2D = tf.tensor2d(rows, [count * CLASSES, PIXELS]);
      let total: tf.Tensor2D = tf.zeros([count * CLASSES, 1]);
      for (const layer of layers) {
        const result = forward(layer, x);
        total = tf.add(total, result.goodness);
        x = normalized(result);
      }
      return tf.argMax(tf.reshape(total, [count, CLASSES]), 1).dataSync();
    });
    guesses.forEach((guess, image) => (wrong += guess === set.labels[first + image] ? 0 : 1));
  }
  return wrong / set.count;
}

/** Trains once. @returns what the benchmark is told @throws EngineUnavailableError */
async function main({ work, evaluate, backend, threads }: TfjsTraining): Promise<Measurement> {
  const { version } = await loadBackend(backend, threads);
  const { train, test } = await loadDataset(work.data.reference);
  const { recipe, batch } = work;
  const steps = Math.floor(work.images / batch);
  const stream = batches(train.count, batch);

  const warmUpStart = performance.now();
  const practice = makeLayers(work);
  for (let step = 0; step < WARM_UP_STEPS; step++) {
    learn(practice, makeRows(train, stream.next().value as number[]), recipe, recipe.rate, step);
  }
  practice[0]?.weights.value.dataSync();
  const warmUpSeconds = (performance.now() - warmUpStart) / 1000;

  const layers = makeLayers(work);
  const start = performance.now();
  for (let step = 0; step < steps; step++) {
    const rows = makeRows(train, stream.next().value as number[]);
    learn(
      layers,
      rows,
      recipe,
      learningRateAt(recipe.rate, { name: 'late-linear' }, { step, total: steps, stepsPerEpoch: steps }),
      step,
    );
  }
  layers.at(-1)?.weights.value.dataSync();
  const seconds = (performance.now() - start) / 1000;

  const images = steps * batch;
  const versions = { node: process.versions.node, [`tfjs-${backend}`]: version };
  const measured = { images, seconds, imagesPerSecond: images / seconds, warmUpSeconds, versions };
  return evaluate ? { ...measured, testError: testError(layers, test) } : measured;
}

try {
  process.stdout.write(`${JSON.stringify(await main(JSON.parse(process.argv[2] ?? '') as TfjsTraining))}\n`);
} catch (error) {
  // In one line, which the report gives as the reason; a stack of a native part that is missing tells no one more.
  process.stderr.write(`${error instanceof EngineUnavailableError ? error.reason : (error as Error).stack}\n`);
  process.exitCode = 1;
}
