import { MODULES } from '@layerline/plan';
import type { PartialRunConfig } from '@layerline/plan';

type Recipe = readonly [name: string, config: PartialRunConfig];

/** What is drawn for each row, pair or unit, and what is held out. */
const DRAWN: readonly Recipe[] = [
  ['dropout', { dropout: 0.3 }],
  ['rows moved and mirrored, with inputs left out', { shift: 2, flip: true, inputDropout: 0.1, standardize: true }],
  ['hybrids of moved rows', { shift: 1, negatives: 'hybrid', dropout: 0.2 }],
  ['labels in inputs of their own', { label: 'append' }],
];

const MONO: PartialRunConfig = { objective: 'mono-forward', peerNormalization: 0 };

/** Ways to learn and to judge that are made of several settings. */
export const METHODS: readonly Recipe[] = [
  ['softmax readouts', { readout: 'softmax', readoutDropout: 0.2, readoutDecay: 0.01, dropout: 0.1 }],
  ['a readout that cascades, in one pass', { readout: 'cascade', onePass: true, readoutDropout: 0.1 }],
  ['readouts beside hybrids', { readout: 'softmax', negatives: 'hybrid', classifyBy: [2] }],
  ['mono-forward', { ...MONO, dropout: 0.2, readoutDropout: 0.2 }],
  ['mono-forward that cascades', { ...MONO, readout: 'cascade', activation: 'gelu' }],
  ['labels for every layer', { labels: 'every', readout: 'softmax' }],
  ['hybrids without labels', { labels: 'none', negatives: 'hybrid' }],
  ['self-contrastive, without labels', { labels: 'none', negatives: 'self-contrastive', objective: 'threshold' }],
  ['hard negatives by goodness', { negatives: 'hard', hardEvery: 1 }],
  ['hard negatives by the readout', { negatives: 'hard', hardEvery: 1, hardBy: 'readout', readout: 'cascade' }],
];

/** A config for every module that can be chosen, by what it is, for all that is drawn, and for every method. */
export const RECIPES: readonly Recipe[] = [
  ...DRAWN,
  ...METHODS,
  ...Object.entries(MODULES).flatMap(([key, modules]) => {
    // What pairs have does not go with an objective that has none.
    const some = modules.filter(({ name }) => name !== MONO.objective);
    return some.map(({ name }): Recipe => [`${key} ${name}`, { [key]: name }]);
  }),
];
