import { Command } from 'commander';
import { CONNECTION_GROUP, CONNECTION_OPTIONS } from './cluster-commands.js';
import { sweep } from './commands/sweep.js';
import { optionWords } from './display/command-line.js';
import { expandHome } from './environment.js';
import { wholeNumber } from './option-values.js';

interface SweepFlags {
  readonly out: string;
  readonly parallel?: string;
  readonly coordinator?: string | true;
  readonly dryRun?: true;
  readonly json?: true;
  readonly [key: string]: string | boolean | undefined;
}

const HELP = `
A file such as
  base: { dataset: mnist, epochs: 5, validation: 10000 }
  vary:
    goodness: [mean, sum]
    activation: [relu, tanh]
    layers: [[500], [500, 500]]
  seeds: [1, 2]
tries each combination with each seed. "search: random" and "trials: 20" draw as many, also from numbers as in
"learningRate: { from: 0.0003, to: 0.01, scale: log }". The same command goes on with a sweep that was stopped.`;

/** `layerline sweep`. @param ended told how the command ended */
export function sweepCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('sweep')
    .description('try settings, and say which are best: a table, plots and a page with both')
    .argument('<file>', 'what to try, in YAML or JSON')
    .option('--out <folder>', 'folder of the sweeps, each of which gets one', expandHome, 'sweeps')
    .option('--parallel <n>', 'trials at once (default: one a core; 1 on a coordinator)')
    .optionsGroup(CONNECTION_GROUP)
    .option(
      '--coordinator [address]',
      'try them on the nodes of a coordinator; one on this machine unless an address or a profile is given',
    )
    .optionsGroup('Options:')
    .addHelpText('after', HELP);
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  return command
    .option('--dry-run', 'only say what would be tried')
    .option('--json', 'print one JSON object at the end')
    .action(async (file: string, { out, parallel, coordinator, dryRun, json, ...flags }: SweepFlags) => {
      ended(
        await sweep({
          ...{ file, out, dryRun: dryRun === true, json: json === true },
          parallel: parallel === undefined ? undefined : wholeNumber('parallel', parallel, { from: 1, to: 1000 }),
          connection:
            coordinator === undefined
              ? undefined
              : { address: coordinator === true ? undefined : coordinator, options: optionWords(flags) },
        }),
      );
    });
}
