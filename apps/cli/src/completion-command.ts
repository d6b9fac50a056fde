import { Argument, Command } from 'commander';
import { complete } from './completion/complete.js';
import { SCRIPTS, SHELLS } from './completion/scripts.js';
import type { Shell } from './completion/scripts.js';
import { VALUES } from './completion/values.js';
import { printableLine } from './display/printable.js';

/** What the scripts ask, and nobody else. */
export const ASKED_BY_SHELLS = 'complete';

const HELP = `
In ~/.bashrc:                    eval "$(layerline completion bash)"
In ~/.zshrc, after compinit:     eval "$(layerline completion zsh)"
In ~/.config/fish/config.fish:   layerline completion fish | source`;

/** Has the user's shell complete our commands. @param root has all of them, by the time one is asked for */
export function completionCommands(
  root: Command,
  ended: (exitCode: number) => void,
): readonly [completion: Command, asked: Command] {
  const completion = new Command('completion')
    .description('print what makes a shell complete commands, options and runs with the tab key')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell]);
      ended(0);
    });
  const asked = new Command(ASKED_BY_SHELLS).argument('[words...]').action(async (words: string[]) => {
    process.stdout.write(await answer(root, words));
    ended(0);
  });
  return [completion, asked];
}

/** Whoever presses the tab key gets candidates or nothing: there is no place for errors. */
async function answer(root: Command, words: readonly string[]): Promise<string> {
  try {
    const { words: found, paths } = await complete(root, words, VALUES);
    const lines = found.map(({ word, about }) => printableLine(word) + (about === undefined ? '' : `\t${about}`));
    return [...lines, ...(paths === undefined ? [] : [`:${paths}`])].map((line) => `${line}\n`).join('');
  } catch {
    return '';
  }
}
