import type { Command } from 'commander';
import { flagOf, TRAIN_OPTIONS } from './train-options.js';

/** Gives a command the options that a config is made of. */
export function withConfigOptions(command: Command): Command {
  command
    .option('--preset <name>', 'a whole recipe: quick (default), mlp-3x1000 or mlp-4x2000')
    .option('--config <file>', 'config file (default: layerline.config.json or .yaml in this folder, if there is one)');
  for (const { key, kind, placeholder, help } of TRAIN_OPTIONS) {
    command.option(kind === 'flag' ? flagOf(key) : `${flagOf(key)} <${placeholder}>`, help);
  }
  return command;
}
