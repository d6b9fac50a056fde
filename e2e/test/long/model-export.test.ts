import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import type { Test } from 'tap';
import { json, layerline } from '../support/layerline.js';
import { writeCifar, writeIdx } from '../support/own-data.js';
import { run, skipWithout } from '../support/tools.js';

const READER = fileURLToPath(new URL('../../../foreign/read_model.py', import.meta.url));
const skip = skipWithout('python3', '-c', 'import onnxruntime, safetensors');

interface Read {
  readonly errors: Readonly<Record<string, number>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly metadata: readonly [Record<string, string>, Record<string, string>];
}

interface Evaluated {
  readonly testError: number;
  readonly perLayerError: readonly number[];
}

/** The share of rows that a model takes for another class in TensorFlow.js, as it is loaded from its files. */
async function errorInTensorflow(
  model: string,
  weights: string,
  output: string,
  pixels: Uint8Array,
  labels: Uint8Array,
): Promise<number> {
  await tf.setBackend('cpu');
  const handler: tf.io.IOHandler = {
    load: async () => {
      const { weightsManifest, ...rest } = JSON.parse(readFileSync(model, 'utf8')) as tf.io.ModelJSON;
      const weightData = Uint8Array.from(readFileSync(weights)).buffer;
      return { ...rest, weightSpecs: weightsManifest.flatMap((group) => group.weights), weightData };
    },
  };
  const loaded = await loadGraphModel(handler);
  const columns = pixels.length / labels.length;
  const rows = tf.tensor2d(
    Float32Array.from(pixels, (value) => value / 255),
    [labels.length, columns],
  );
  const scores = loaded.execute({ rows }, output) as tf.Tensor;
  const classes = await tf.argMax(scores, 1).data();
  return classes.filter((each, row) => each !== labels[row]).length / labels.length;
}

/** Trains, exports, and reads back what it makes of test rows. @param pixels of the test set, row by row */
async function exported(t: Test, cwd: string, args: readonly string[], pixels: Uint8Array, labels: Uint8Array) {
  const short = ['--batch', '20', '--eval-every', '0', '--single-process', '--no-dashboard'];
  const { run: id } = await json<{ run: string }>(t, ['train', ...args, ...short], { cwd });
  const files: string[] = [];
  for (const format of ['onnx', 'safetensors']) {
    const { stdout } = await layerline(t, ['export', id, '--format', format], { cwd });
    files.push(join(cwd, stdout.trim()));
  }
  const { stdout } = await layerline(t, ['export', id, '--format', 'tfjs'], { cwd });
  const [model = '', weights = ''] = stdout
    .trim()
    .split('\n')
    .map((path) => join(cwd, path));
  writeFileSync(
    join(cwd, 'rows'),
    Float32Array.from(pixels, (value) => value / 255),
  );
  writeFileSync(join(cwd, 'labels'), labels);
  const read = JSON.parse(await run('python3', [READER, ...files, join(cwd, 'rows'), join(cwd, 'labels')])) as Read;
  const wanted = await json<Evaluated>(t, ['evaluate', id, '--json'], { cwd });
  const [first, second] = wanted.perLayerError;
  const judged = 'logits' in read.errors ? 'logits' : 'goodness';
  t.same(read.errors, { [judged]: wanted.testError, 'layer-1': first, 'layer-2': second });
  t.equal(await errorInTensorflow(model, weights, judged, pixels, labels), wanted.testError, 'and in TensorFlow.js');
  t.ok(wanted.testError < 0.5, `an error of ${wanted.testError}`);
  return read;
}

await t.test('an exported model says the same elsewhere', { skip }, async (t) => {
  const cwd = t.testdir();
  writeIdx(join(cwd, 'signs'), 12, 14, 12 * 40, 12 * 20);
  const of = (name: string, header: number) => readFileSync(join(cwd, 'signs', name)).subarray(header);
  const images = of('t10k-images-idx3-ubyte', 16);
  const labels = of('t10k-labels-idx1-ubyte', 8);
  for (const method of [
    ['--layers', '150,100', '--epochs', '6'],
    [
      '--layers',
      '150,100',
      '--epochs',
      '6',
      '--goodness',
      'top-k',
      '--activation',
      'gelu',
      '--normalization',
      'layer-norm',
    ],
    ['--layers', '150,100', '--epochs', '6', '--readout', 'softmax', '--readout-rate', '0.01', '--one-pass'],
  ]) {
    const { shapes, metadata } = await exported(t, cwd, ['--dataset', 'signs', ...method], images, labels);
    t.same(shapes, {
      'layer-1.weights': [150, 196],
      'layer-1.biases': [1, 150],
      'layer-2.weights': [100, 150],
      'layer-2.biases': [1, 100],
      ...(method.includes('--readout') && {
        'layer-1.readout.weights': [150, 12],
        'layer-2.readout.weights': [100, 12],
      }),
    });
    const [ofOnnx, { format, ...ofTensors }] = metadata;
    t.equal(format, 'layerline');
    t.same(ofOnnx, ofTensors);
    t.equal((JSON.parse(ofOnnx['classes'] ?? '[]') as string[]).length, 12);
  }
});

await t.test('and so does one of standardized coloured pictures', { skip }, async (t) => {
  const cwd = t.testdir();
  writeCifar(join(cwd, 'pictures'), 400);
  const bytes = readFileSync(join(cwd, 'pictures', 'test_batch.bin'));
  const labels = Uint8Array.from({ length: 400 }, (_, row) => bytes[row * 3073] as number);
  // CIFAR has one colour after the other, and rows have the colours of each pixel side by side.
  const pixels = Uint8Array.from({ length: 400 * 3072 }, (_, at) => {
    const [row, place] = [Math.floor(at / 3072), at % 3072];
    return bytes[row * 3073 + 1 + (place % 3) * 1024 + Math.floor(place / 3)] as number;
  });
  const args = ['--dataset', 'pictures', '--standardize', '--layers', '100,80', '--epochs', '4'];
  const { shapes } = await exported(t, cwd, args, pixels, labels);
  t.match(shapes, { means: [1, 3072], factors: [1, 3072] });
});
