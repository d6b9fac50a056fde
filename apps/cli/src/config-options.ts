import { DEFAULT_PRESET, MODULES, PARAMETERS_OF_MODULES, PRESET_NAMES, PRESETS } from '@layerline/plan';
import { choiceInWords } from '@layerline/protocol';
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
    .option('--preset <name>', `a whole recipe: ${choiceInWords(PRESET_NAMES)} (default: ${DEFAULT_PRESET})`)
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

/** What the default preset has, in words; nothing for what is off, or is said in the help of the option. */
function defaultOf(key: TrainOption['key']): string {
  const settings: Readonly<Record<string, unknown>> = PRESETS[DEFAULT_PRESET];
  const value = settings[key];
  if (typeof value === 'number' || typeof value === 'string') return ` (default: ${value})`;
  if (PARAMETERS_OF_MODULES.some((parameter) => parameter.key === key)) return parameterDefault(key);
  return Array.isArray(value) ? ` (default: ${value.join(',')})` : '';
}

/** A parameter of modules: its default goes by them, and by the goodness. */
function parameterDefault(key: string): string {
  const defaults = Object.values(MODULES).flatMap((modules) =>
    modules.flatMap(({ parameters }) => parameters[key] ?? []),
  );
  const [only, ...others] = new Set(defaults.flatMap((parameter) => Object.values(parameter.default)));
  return others.length > 0 ? ' (default: goes with the objective and the goodness)' : ` (default: ${only})`;
}
