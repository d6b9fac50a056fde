import t from 'tap';
import { json } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';

/** A small network on the built-in digits: seconds each. */
const SMALL = ['--dataset', 'digits', '--layers', '128,128', '--epochs', '3', '--eval-every', '0'].concat([
  '--single-process',
  '--no-dashboard',
  '--quiet',
]);
const BLIND = ['--labels', 'none', '--readout', 'cascade', '--readout-rate', '0.01'];

/** The most that each recipe may get wrong: well above what it gets wrong now, and far below what a broken one does. */
const RECIPES: readonly (readonly [name: string, most: number, args: readonly string[]])[] = [
  ['the default', 0.05, []],
  ['the paper’s threshold on a sum of squares', 0.2, ['--objective', 'threshold', '--goodness', 'sum']],
  ['fixed negatives', 0.1, ['--negatives', 'fixed']],
  ['hard negatives by goodness', 0.05, ['--negatives', 'hard', '--hard-every', '1']],
  ['hard negatives by the readout', 0.05, ['--negatives', 'hard', '--hard-by', 'readout', '--readout', 'softmax']],
  ['softmax readouts', 0.06, ['--readout', 'softmax', '--readout-rate', '0.01', '--one-pass']],
  ['a readout that cascades', 0.06, ['--readout', 'cascade', '--readout-rate', '0.01', '--one-pass']],
  ['mono-forward', 0.05, ['--objective', 'mono-forward']],
  ['labels for every layer', 0.06, ['--labels', 'every']],
  ['hybrids without labels', 0.25, [...BLIND, '--negatives', 'hybrid']],
  ['self-contrastive', 0.25, [...BLIND, '--negatives', 'self-contrastive', '--objective', 'pairwise', '--alpha', '4']],
];

for (const [name, most, args] of RECIPES) {
  t.test(`${name} learns`, async (t) => {
    const { testError } = await json<TrainResult>(t, ['train', ...SMALL, ...args]);
    t.ok(testError <= most, `an error of ${testError}, of ${most} at most`);
  });
}
