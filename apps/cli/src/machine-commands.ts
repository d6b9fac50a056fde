import { Argument, Command } from 'commander';
import { datasets } from './commands/datasets.js';
import { engines } from './commands/engines.js';
import { installEngine } from './commands/engines-install.js';
import { inspectData } from './commands/inspect-data.js';
import type { InspectArguments } from './commands/inspect-data.js';
import { presets } from './commands/presets.js';
import { expandHome, pathVariable } from './environment.js';

interface Flags {
  readonly dataDir?: string;
  readonly json?: true;
  readonly library?: string;
}

/** Commands about what there is to train with, here. @param ended told how the command ended */
export function machineCommands(ended: (exitCode: number) => void): Command[] {
  return [presetsCommand(ended), datasetsCommand(ended), enginesCommand(ended)];
}

function presetsCommand(ended: (exitCode: number) => void): Command {
  return new Command('presets')
    .description('list the presets, with every setting')
    .option('--json', 'print one JSON object')
    .action(({ json }: Flags) => ended(presets({ json: json === true })));
}

function datasetsCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('datasets')
    .description('list the data sets, and say which ones are here')
    .option(
      '--data-dir <folder>',
      'folder to look for MNIST and Fashion-MNIST in',
      expandHome,
      pathVariable('LAYERLINE_DATA'),
    )
    .option('--json', 'print one JSON array')
    .action(async ({ dataDir, json }: Flags) => ended(await datasets({ dataDir, json: json === true })));
  command
    .command('inspect')
    .description('say what training would make of a file or folder of your own')
    .argument('<path>', 'a file or a folder')
    .option('--label-column <column>', 'of a table: name or number of the column of labels')
    .option('--header', 'of a table: its first line has the names of the columns')
    .option('--sheet <file>', 'write a picture of some rows of each class: a PNG', expandHome)
    .option('--json', 'print one JSON object')
    .action(async (path: string, _: object, own: Command) => {
      // `--json` is an option of the command that this one belongs to, too.
      const given = own.optsWithGlobals<Partial<Omit<InspectArguments, 'path'>>>();
      const { labelColumn, header, sheet, json = false } = given;
      ended(await inspectData({ path: expandHome(path), labelColumn, header, sheet, json }));
    });
  return command;
}

function enginesCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('engines')
    .description('try every engine, and say which works here')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: Flags) => ended(await engines({ json: json === true })));
  command
    .command('install')
    .description("get an engine that does not come with npm's packages")
    // The parent command's `--json` applies to its list only.
    .configureHelp({ showGlobalOptions: false })
    .addArgument(new Argument('<engine>', 'which one').choices(['tensorflow']))
    .option('--library <path>', 'wheel of tensorflow-cpu 2.15, or folder of libtensorflow, in place of a download')
    .action(async (_engine: string, { library }: Flags) => ended(await installEngine({ library })));
  return command;
}
