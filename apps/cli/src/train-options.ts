import { MODULES, PARAMETERS_OF_MODULES } from '@layerline/plan';
import type { KnownParameter, PartialRunConfig } from '@layerline/plan';
import { choiceInWords } from '@layerline/protocol';

/** How the text of an option, or of an environment variable, becomes a value of the config. */
type Kind = 'text' | 'number' | 'numbers' | 'flag' | 'number-or-auto' | 'numbers-or-auto' | 'name-or-numbers' | 'pairs';

/** An option of `layerline train` that is also a key of the config. */
export interface TrainOption {
  readonly key: keyof PartialRunConfig;
  readonly kind: Kind;
  /** What the help calls the value. */
  readonly placeholder?: string;
  readonly help: string;
}

/** All options of `layerline train` that are part of the config, in the order of the help. */
export const TRAIN_OPTIONS: readonly TrainOption[] = [
  {
    key: 'dataset',
    kind: 'text',
    placeholder: 'name or path',
    help: 'auto, mnist, fashion-mnist, digits (built in), or a file or folder of your own',
  },
  {
    key: 'dataDir',
    kind: 'text',
    placeholder: 'folder',
    help: 'folder with MNIST or Fashion-MNIST (also LAYERLINE_DATA; default: the folder of downloads)',
  },
  {
    key: 'labelColumn',
    kind: 'text',
    placeholder: 'column',
    help: 'of a table: name or number of the column of labels',
  },
  { key: 'header', kind: 'flag', help: 'of a table: its first line has the names of the columns' },
  {
    key: 'label',
    kind: 'text',
    placeholder: 'place',
    help: 'auto, overwrite (the first inputs) or append (inputs of its own)',
  },
  {
    key: 'testShare',
    kind: 'number',
    placeholder: 'x',
    help: 'share of each class that is the test set of data without one',
  },
  { key: 'validation', kind: 'number', placeholder: 'n', help: 'training rows to hold out and to report apart' },
  { key: 'splitSeed', kind: 'number', placeholder: 'n', help: 'seed of the draws that divide data up' },
  {
    key: 'standardize',
    kind: 'flag',
    help: 'bring columns, or channels of pictures, to a mean of 0 and a variance of 1',
  },
  {
    key: 'shift',
    kind: 'number',
    placeholder: 'pixels',
    help: 'move training pictures by up to so many, in both directions',
  },
  { key: 'flip', kind: 'flag', help: 'mirror half of the training pictures, left to right' },
  { key: 'inputDropout', kind: 'number', placeholder: 'x', help: "share of a training row's inputs to leave out" },
  { key: 'layers', kind: 'numbers', placeholder: 'widths', help: 'width of each layer, e.g. 500,500' },
  {
    key: 'shards',
    kind: 'numbers-or-auto',
    placeholder: 'counts',
    help: 'parts of each layer, e.g. 1,3; one number: of every layer; auto: those that balance the pipeline (default: 1)',
  },
  { key: 'epochs', kind: 'number', placeholder: 'n', help: 'times to go through the training images' },
  { key: 'batch', kind: 'number', placeholder: 'n', help: 'pairs of a positive and a negative row in a batch' },
  { key: 'seed', kind: 'number', placeholder: 'n', help: 'seed of all random numbers' },
  { key: 'objective', kind: 'text', placeholder: 'name', help: namesIn('objective') },
  { key: 'goodness', kind: 'text', placeholder: 'name', help: namesIn('goodness') },
  { key: 'activation', kind: 'text', placeholder: 'name', help: namesIn('activation') },
  { key: 'normalization', kind: 'text', placeholder: 'name', help: `of the rows sent on: ${namesIn('normalization')}` },
  ...PARAMETERS_OF_MODULES.map(parameterOption),
  { key: 'negatives', kind: 'text', placeholder: 'kind', help: namesIn('negatives') },
  {
    key: 'hardBy',
    kind: 'text',
    placeholder: 'what',
    help: 'hard negatives are drawn by goodness (a pass for each label), or by the readout (one pass)',
  },
  { key: 'hardEvery', kind: 'number', placeholder: 'epochs', help: 'epochs from one ranking for them to the next' },
  {
    key: 'labels',
    kind: 'text',
    placeholder: 'where',
    help: 'layers that a label is given to: first, every, or none (without labels)',
  },
  { key: 'optimizer', kind: 'text', placeholder: 'name', help: 'sgd or adam' },
  { key: 'learningRate', kind: 'number', placeholder: 'x', help: 'of the first steps' },
  { key: 'schedule', kind: 'text', placeholder: 'name', help: `of the rate: ${namesIn('schedule')}` },
  { key: 'momentum', kind: 'number', placeholder: 'x', help: 'of sgd, from 0 to below 1' },
  { key: 'weightDecay', kind: 'number', placeholder: 'x', help: 'decoupled from the gradient' },
  { key: 'dropout', kind: 'number', placeholder: 'x', help: "share of each layer's units that a pair learns without" },
  { key: 'peerNormalization', kind: 'number', placeholder: 'x', help: 'strength, 0 for none' },
  {
    key: 'classifyBy',
    kind: 'name-or-numbers',
    placeholder: 'layers',
    help: `whose goodness, or logits, are added up: ${namesIn('classifyBy')}, or numbers, e.g. 2,3`,
  },
  {
    key: 'readout',
    kind: 'text',
    placeholder: 'name',
    help: 'goodness, softmax (each layer its own), cascade (each layer with those before it), or auto',
  },
  { key: 'readoutRate', kind: 'number', placeholder: 'x', help: 'learning rate of softmax readouts' },
  { key: 'readoutDecay', kind: 'number', placeholder: 'x', help: 'their weight decay' },
  { key: 'readoutDropout', kind: 'number', placeholder: 'x', help: 'share of activations that they learn without' },
  { key: 'onePass', kind: 'flag', help: 'judge by readouts alone: one row an image, not one for each label' },
  { key: 'engine', kind: 'text', placeholder: 'name', help: 'auto, onnx or tfjs' },
  { key: 'threads', kind: 'number-or-auto', placeholder: 'n', help: 'threads of one operation in each stage, or auto' },
  { key: 'evalEvery', kind: 'number', placeholder: 'epochs', help: 'epochs between evaluations; 0: only at the end' },
  {
    key: 'observeEvery',
    kind: 'number-or-auto',
    placeholder: 'n',
    help: 'batches between observations of the layers; auto: 20 an epoch, 0: none',
  },
  { key: 'snapshotEvery', kind: 'number', placeholder: 'n', help: 'batches from one snapshot to the next; 0: none' },
  { key: 'snapshotDir', kind: 'text', placeholder: 'folder', help: "snapshots' folder, if not in the run's own" },
  { key: 'placement', kind: 'pairs', placeholder: 'stage=node,…', help: 'nodes of stages that are placed by hand' },
  {
    key: 'programs',
    kind: 'pairs',
    placeholder: 'layer=name,…',
    help: "nodes' own programs that stand in for layers",
  },
  {
    key: 'allowDifferentNumbers',
    kind: 'flag',
    help: 'go on with, or over, machines that compute other bits; marks the run as inexact',
  },
  { key: 'group', kind: 'text', placeholder: 'name', help: 'a name for runs that the dashboard is to show together' },
  { key: 'singleProcess', kind: 'flag', help: 'train in one process, with no network: the same numbers' },
  { key: 'port', kind: 'number', placeholder: 'n', help: "the coordinator's port; 0 for any free one" },
  { key: 'out', kind: 'text', placeholder: 'folder', help: 'folder that gets a folder for each run' },
];

/** The names of the modules that a key chooses from: `threshold, pairwise or silu`. */
function namesIn(key: keyof typeof MODULES): string {
  return choiceInWords(MODULES[key].map(({ name }) => name));
}

function parameterOption({ key, help, symbol, modules, range }: KnownParameter): TrainOption {
  return {
    key,
    kind: 'number',
    placeholder: range.isWhole === true ? 'n' : 'x',
    help: `${symbol} of ${modules.join(', ')}: ${help}`,
  };
}

/** Keys of the config whose values are paths. */
export const PATH_KEYS = ['dataDir', 'snapshotDir', 'out'] as const satisfies readonly (keyof PartialRunConfig)[];

/** `learningRate` as `--learning-rate`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `learningRate` as `LAYERLINE_LEARNING_RATE`. The data folder has a name of its own, which other commands share. */
export function variableOf(key: string): string {
  if (key === 'dataDir') return 'LAYERLINE_DATA';
  return `LAYERLINE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The value that a text stands for. Text that does not parse is passed on as it is, for the schema to refuse. */
export function readValue(kind: Kind, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return toNumber(text);
    case 'numbers':
      return text.split(',').map((part) => toNumber(part));
    case 'flag':
      return { true: true, false: false, 1: true, 0: false, '': true }[text] ?? text;
    case 'number-or-auto':
      return text === 'auto' ? text : toNumber(text);
    case 'numbers-or-auto':
      return text === 'auto' ? text : readValue('numbers', text);
    case 'name-or-numbers':
      return /^\d/.test(text) ? readValue('numbers', text) : text;
    case 'pairs':
      return toPairs(text);
  }
}

/** Parses `a=b,c=d`, where values may contain `=` too. @returns the text itself if a key is repeated, or has no value */
function toPairs(text: string): Readonly<Record<string, string>> | string {
  const pairs = text.split(',').map((pair) => {
    const [first = '', ...rest] = pair.split('=');
    return [first, rest.join('=')] as const;
  });
  const isSound =
    pairs.every(([, value]) => value !== '') && new Set(pairs.map(([first]) => first)).size === pairs.length;
  return isSound ? Object.fromEntries(pairs) : text;
}

function toNumber(text: string): number | string {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
