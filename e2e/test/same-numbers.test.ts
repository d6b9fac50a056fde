import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { MNIST, train } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';
import { weightsSha256 } from './support/run-folder.js';

/** Recipes that between them have every objective with every optimizer, and each other choice at least once. */
const RECIPES: Readonly<Record<string, string>> = {
  'threshold, sgd': '--objective threshold --optimizer sgd --goodness sum',
  'threshold, adam': '--objective threshold --optimizer adam --goodness mean --negatives hybrid',
  'pairwise, sgd': '--objective pairwise --optimizer sgd --goodness mean --weight-decay 0.001',
  'pairwise, adam': '--objective pairwise --optimizer adam --goodness negative-sum --batch 300',
  'silu, sgd': '--objective silu --optimizer sgd --goodness mean --peer-normalization 0.03 --weight-decay 0.001',
  'silu, adam': '--objective silu --optimizer adam --goodness sum --classify-by all-but-first --eval-every 0',
};

/** The results of the same training as a pipeline and in a single process. */
function trainBothWays(t: Test, out: string, args: readonly string[]): Promise<[TrainResult, TrainResult]> {
  return Promise.all([train(t, out, ...args), train(t, out, '--single-process', ...args)]);
}

await t.test('onnx: the pipeline and a single process learn the same numbers', async (t) => {
  const hashes = new Set<string>();
  for (const [name, recipe] of Object.entries(RECIPES)) {
    await t.test(name, async (t) => {
      const out = t.testdir();
      const args = ['--engine', 'onnx', ...recipe.split(' ')];
      const [pipeline, alone] = await trainBothWays(t, out, args);
      t.equal(pipeline.weightsSha256, alone.weightsSha256);
      t.equal(pipeline.weightsSha256, weightsSha256(join(out, pipeline.folder), 2), 'the stored model');
      t.equal(pipeline.testError, alone.testError);
      t.same(pipeline.perLayerError, alone.perLayerError);
      t.equal(pipeline.numerics, alone.numerics);
      t.equal(pipeline.images, alone.images);
      t.equal(pipeline.stages.length, 4);
      t.equal(alone.stages.length, 1);
      hashes.add(pipeline.weightsSha256);
    });
  }
  t.equal(hashes.size, Object.keys(RECIPES).length, 'every recipe learns something else');
});

await t.test('tfjs: the pipeline and a single process learn the same numbers', async (t) => {
  for (const name of ['threshold, sgd', 'silu, adam']) {
    await t.test(name, async (t) => {
      const out = t.testdir();
      const args = ['--engine', 'tfjs', ...(RECIPES[name] ?? '').split(' '), '--eval-every', '0'];
      const [pipeline, alone] = await trainBothWays(t, out, args);
      t.match(pipeline.engine, /^tfjs\//);
      t.equal(pipeline.weightsSha256, alone.weightsSha256);
      t.equal(alone.weightsSha256, weightsSha256(join(out, alone.folder), 2), 'the stored model');
      t.equal(pipeline.testError, alone.testError);
    });
  }
});

await t.test('numbers do not depend on threads', async (t) => {
  const out = t.testdir();
  const args = ['--engine', 'onnx', '--layers', '160,160'];
  const [one, two] = [await train(t, out, ...args, '--threads', '1'), await train(t, out, ...args, '--threads', '2')];
  t.equal(one.weightsSha256, two.weightsSha256);
  t.equal(one.testError, two.testError);
});

await t.test('numbers follow from the seed', async (t) => {
  const out = t.testdir();
  const seeds = await Promise.all(['1', '1', '2'].map((seed) => train(t, out, '--single-process', '--seed', seed)));
  const [first, again, other] = seeds.map((result) => result.weightsSha256);
  t.equal(first, again);
  t.not(first, other);
});

await t.test('the engines agree on what is learned', async (t) => {
  const out = t.testdir();
  const args = ['--single-process', '--layers', '128,128', '--batch', '100'];
  const [onnx, tfjs] = [
    await train(t, out, '--engine', 'onnx', ...args),
    await train(t, out, '--engine', 'tfjs', ...args),
  ];
  t.ok(onnx.testError < 0.1, `onnx has learned: ${onnx.testError}`);
  t.ok(Math.abs(onnx.testError - tfjs.testError) <= 0.005, `${onnx.testError} and ${tfjs.testError}`);
  t.not(onnx.numerics, tfjs.numerics);
});

await t.test('MNIST: the same numbers', { skip: MNIST === undefined && 'LAYERLINE_DATA is not set' }, async (t) => {
  const out = t.testdir();
  const args = ['--dataset', 'mnist', '--data-dir', MNIST ?? '', '--eval-every', '0'];
  const [pipeline, alone] = await trainBothWays(t, out, args);
  t.equal(pipeline.weightsSha256, alone.weightsSha256);
  t.equal(pipeline.testError, alone.testError);
  t.equal(pipeline.images, 60_000);
});
