import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeReference } from '../../chaos/verdict.js';
import { begin, endedAsIfNothingHad, nextSnapshot, pidOf, resultOf } from '../support/recovery.js';
import { tableOf } from '../support/own-data.js';

const FOLDER = t.testdir({ 'colours.csv': tableOf(6000, 8) });
writeFileSync(
  join(FOLDER, 'layers.yaml'),
  [
    'layers:',
    '  - { units: 272, goodness: top-k, topK: 12, activation: gelu, normalization: layer-norm }',
    '  - { units: 200, objective: threshold, goodness: mean-absolute, activation: tanh, learningRate: 0.001 }',
  ].join('\n'),
);

/** Some seconds each, with snapshots on the way, and everything that is drawn. */
const SHORT = ['--epochs', '4', '--eval-every', '2', '--snapshot-every', '60'];
const DRAWN = ['--dropout', '0.1', '--input-dropout', '0.05'];

/** Pairs of options that know nothing of each other. */
const RUNS: readonly (readonly [name: string, args: readonly string[]])[] = [
  [
    'pictures moved and mirrored, hybrids, leaky ReLU',
    ['--dataset', 'digits', '--layers', '272,200', '--shift', '2', '--flip', '--negatives', 'hybrid'].concat(
      ['--objective', 'threshold', '--activation', 'leaky-relu', '--peer-normalization', '0.03'],
      DRAWN,
    ),
  ],
  [
    'labels in inputs of their own, layer normalization, sums',
    ['--dataset', 'digits', '--layers', '272,200', '--label', 'append', '--normalization', 'layer-norm'].concat(
      ['--goodness', 'negative-sum', '--validation', '1000', '--optimizer', 'sgd', '--learning-rate', '0.05'],
      DRAWN,
    ),
  ],
  [
    'a table, and layers that learn in ways of their own',
    ['--dataset', join(FOLDER, 'colours.csv'), '--config', join(FOLDER, 'layers.yaml'), '--batch', '20'].concat(
      ['--layers', '272,200'],
      ['--standardize', '--validation', '200'],
      DRAWN,
    ),
  ],
];

const DIGITS = ['--dataset', 'digits', '--layers', '272,200'];

/** Methods that are made of several settings. */
const METHODS: readonly (readonly [name: string, args: readonly string[]])[] = [
  [
    'hard negatives, and softmax readouts with dropout',
    [...DIGITS, '--negatives', 'hard', '--hard-every', '1', '--readout', 'softmax', '--readout-dropout', '0.1'],
  ],
  [
    'hard negatives by a readout that cascades, with labels for every layer',
    [...DIGITS, '--negatives', 'hard', '--hard-every', '1', '--hard-by', 'readout', '--readout', 'cascade'].concat([
      '--labels',
      'every',
      '--validation',
      '1000',
    ]),
  ],
  ['mono-forward', [...DIGITS, '--objective', 'mono-forward', ...DRAWN]],
  ['hybrids without labels', [...DIGITS, '--labels', 'none', '--negatives', 'hybrid', '--dropout', '0.1']],
  ['self-contrastive', [...DIGITS, '--labels', 'none', '--negatives', 'self-contrastive', '--objective', 'pairwise']],
];

for (const [name, options] of [...RUNS, ...METHODS]) {
  const args = [...options, ...SHORT];
  t.test(`${name}: in shards, and a stage killed`, async (t) => {
    const reference = makeReference(args, t.testdir());
    const run = await begin(t, [...args, '--shards', '2,1']);
    await nextSnapshot(run);
    process.kill(await pidOf(run, 'layer-1/2'), 'SIGKILL');
    endedAsIfNothingHad(t, run.folder, await resultOf(run), reference);
  });
}
