import { DEFAULT_PRESET, PRESETS } from '@layerline/plan';
import { Option } from 'commander';
import type { Command } from 'commander';
import { flagOf, TRAIN_OPTIONS } from './train-options.js';
import type { TrainOption } from './train-options.js';

/** What options are about, in the order of the help; what is not here is about learning. */
const GROUPS: readonly (readonly [title: string, keys: readonly TrainOption['key'][]])[] = [
  [
    'Data:',
    [
      ...(['dataset', 'dataDir', 'labelColumn', 'header', 'label', 'testShare', 'validation', 'splitSeed'] as const),
      ...(['standardize', 'shift', 'flip', 'inputDropout'] as const),
    ],
  ],
  ['Network:', ['layers', 'shards', 'activation', 'normalization', 'leak', 'programs']],
  [
    'Judging:',
    ['classifyBy', 'readout', 'readoutRate', 'readoutDecay', 'readoutDropout', 'onePass', 'evalEvery', 'observeEvery'],
  ],
  [
    'Where and how it runs:',
    [
      ...(['engine', 'threads', 'snapshotEvery', 'snapshotDir', 'placement', 'allowDifferentNumbers'] as const),
      ...(['group', 'singleProcess', 'port', 'out'] as const),
    ],
  ],
];
const LEARNING = 'Learning:';

/** Gives a command the options that a config is made of. */
export function withConfigOptions(command: Command): Command {
  command
    .option('--preset <name>', 'a whole recipe: quick (default), mlp-3x1000 or mlp-4x2000')
    .option('--config <file>', 'config file (default: layerline.config.json or .yaml in this folder, if there is one)');
  for (const option of TRAIN_OPTIONS) {
    const { key, kind, placeholder, help } = option;
    const flags = kind === 'flag' ? flagOf(key) : `${flagOf(key)} <${placeholder}>`;
    command.addOption(new Option(flags, `${help}${defaultOf(key)}`).helpGroup(groupOf(key)));
  }
  return command;
}

function groupOf(key: TrainOption['key']): string {
  return GROUPS.find(([, keys]) => keys.includes(key))?.[0] ?? LEARNING;
}

/** What the default preset has, in words; nothing for what is off, or follows from something else. */
function defaultOf(key: TrainOption['key']): string {
  const settings: Readonly<Record<string, unknown>> = PRESETS[DEFAULT_PRESET];
  const value = settings[key];
  if (typeof value === 'number' || (typeof value === 'string' && value !== 'auto')) return ` (default: ${value})`;
  return Array.isArray(value) ? ` (default: ${value.join(',')})` : '';
}
