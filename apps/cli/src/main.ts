import { ConfigError } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import { keepInspectorClosed } from '@layerline/process';
import { Argument, Command, CommanderError, Option } from 'commander';
import { clusterCommands, CONNECTION_OPTIONS } from './cluster-commands.js';
import { submit } from './commands/attach.js';
import { datasets } from './commands/datasets.js';
import { inspectData } from './commands/inspect-data.js';
import type { InspectArguments } from './commands/inspect-data.js';
import { engines } from './commands/engines.js';
import { installEngine } from './commands/engines-install.js';
import { evaluate } from './commands/evaluate.js';
import { EXPORT_FORMATS, exportRun } from './commands/export.js';
import type { ExportArguments } from './commands/export.js';
import { summarize } from './commands/summary.js';
import { train } from './commands/train.js';
import { definedOf } from './client/connection.js';
import { withConfigOptions } from './config-options.js';
import { printable } from './display/printable.js';
import { EXIT, explain } from './errors.js';
import { expandHome, pathVariable, refuseGoneFolder, refuseMisspelt } from './environment.js';
import { followOutput } from './interruption.js';
import { comparisonCommands } from './comparison-commands.js';
import { planCommand } from './plan-command.js';
import { programOption, refuseProgramsOfNodes } from './program-options.js';
import { engineOption, runsFolder, runsFolderOption } from './run-options.js';
import { presets } from './commands/presets.js';
import { runsCommand } from './runs-command.js';
import { hintFor } from './hints.js';
import { sweepCommand } from './sweep-command.js';
import { VERSION } from './version.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong options or config, 130 stopped with Ctrl-C.`;

const TRAIN_HELP = `
Options can also be set in layerline.config.json or .yaml (with keys like learningRate) or in the environment
(LAYERLINE_LEARNING_RATE). The command line takes precedence, then the file, the environment, the preset.

Examples:
  npx layerline train                                   the quick preset, on MNIST or the built-in digits
  npx layerline train --preset mlp-3x1000 --epochs 20   a larger network for longer
  npx layerline train --layers 800,800 --objective threshold --goodness sum --optimizer sgd
  npx layerline train --single-process --json           one process, result as JSON on the last line
  npx layerline train --open                            watch it in the browser
${EXIT_CODES}`;

/** Options of the smaller commands, as Commander reads them. */
interface Options {
  readonly dataDir?: string;
  readonly engine: RunConfig['engine'];
  readonly out: string;
  readonly json?: true;
  readonly library?: string;
}

/** The options of `train`: those named here are not part of the config, all others are. */
interface TrainFlags {
  readonly config?: string;
  readonly from?: string;
  readonly continue?: string;
  readonly resume?: string;
  readonly takeOver?: true;
  readonly fromStart?: true;
  readonly coordinator?: string | true;
  readonly detach?: true;
  readonly dryRun?: true;
  readonly tokenFile?: string;
  readonly fingerprint?: string;
  readonly ca?: string;
  readonly insecure?: true;
  /** False with `--no-dashboard`. */
  readonly dashboard: boolean;
  readonly open?: true;
  readonly json?: true;
  readonly events?: true;
  readonly quiet?: true;
  readonly [key: string]: string | boolean | undefined;
}

/** The exit code that a command returned, as opposed to one for an error thrown. */
let exitCode: number = EXIT.ok;

/** Commander puts its guess at what was meant on a line of its own. */
const onOneLine = {
  outputError: (text: string, write: (text: string) => void) => write(printable(hintFor(text).replace('\n(', ' ('))),
};

function rootCommand(): Command {
  const root = new Command('layerline')
    .configureOutput(onOneLine)
    .description(
      'Trains neural networks with the Forward-Forward algorithm as a pipeline of processes, one for each layer.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\nTo begin: npx layerline train\n${EXIT_CODES}`)
    .exitOverride()
    .hook('preAction', () => {
      refuseGoneFolder();
      refuseMisspelt(process.env);
    });
  root.addCommand(trainCommand());
  const ended = (code: number): void => void (exitCode = code);
  root.addCommand(runsCommand(ended, (command) => command.configureOutput(onOneLine).exitOverride()));
  for (const command of [
    planCommand(ended),
    ...comparisonCommands(ended),
    sweepCommand(ended),
    ...clusterCommands(ended),
  ]) {
    root.addCommand(command.configureOutput(onOneLine).exitOverride());
  }
  root
    .command('evaluate')
    .description('evaluate the model of a run on its test set')
    .argument('<run>', 'folder of a run, or its id')
    .option('--data-dir <folder>', 'folder of the data, if it has moved', expandHome)
    .addOption(engineOption())
    .addOption(runsFolderOption())
    .option('--json', 'print one JSON object')
    .action(async (run: string, { dataDir, engine, out, json }: Options) => {
      exitCode = await evaluate({ run, out, dataDir, engine, json: json === true });
    });
  root
    .command('export')
    .description('write what has been measured of a run, or its model, into a file for other tools')
    .argument('<run>', 'folder of a run, or its id')
    .addOption(new Option('--format <name>', 'format of the file').choices(EXPORT_FORMATS).makeOptionMandatory())
    .option('--data-dir <path>', 'where the data is, for a model of standardized rows that have moved', expandHome)
    .option('--to <folder>', 'folder that gets the file', expandHome, 'export')
    .addOption(runsFolderOption())
    .action(async (run: string, given: Omit<ExportArguments, 'run'>) => {
      exitCode = await exportRun({ run, ...given });
    });
  root
    .command('presets')
    .description('list the presets, with every setting')
    .option('--json', 'print one JSON object')
    .action(({ json }: Options) => {
      exitCode = presets({ json: json === true });
    });
  root
    .command('datasets')
    .description('list the data sets, and say which ones are here')
    .option(
      '--data-dir <folder>',
      'folder to look for MNIST and Fashion-MNIST in',
      expandHome,
      pathVariable('LAYERLINE_DATA'),
    )
    .option('--json', 'print one JSON array')
    .action(async ({ dataDir, json }: Options) => {
      exitCode = await datasets({ dataDir, json: json === true });
    })
    .command('inspect')
    .description('say what training would make of a file or folder of your own')
    .argument('<path>', 'a file or a folder')
    .option('--label-column <column>', 'of a table: name or number of the column of labels')
    .option('--header', 'of a table: its first line has the names of the columns')
    .option('--sheet <file>', 'write a picture of some rows of each class: a PNG', expandHome)
    .option('--json', 'print one JSON object')
    .action(async (path: string, _: object, command: Command) => {
      // `--json` is an option of the command that this one belongs to, too.
      const given = command.optsWithGlobals<Partial<Omit<InspectArguments, 'path'>>>();
      const { labelColumn, header, sheet, json = false } = given;
      exitCode = await inspectData({ path: expandHome(path), labelColumn, header, sheet, json });
    });
  root
    .command('engines')
    .description('try every engine, and say which works here')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: Options) => {
      exitCode = await engines({ json: json === true });
    })
    .command('install')
    .description("get an engine that does not come with npm's packages")
    // The parent command's `--json` applies to its list only.
    .configureHelp({ showGlobalOptions: false })
    .addArgument(new Argument('<engine>', 'which one').choices(['tensorflow']))
    .option('--library <path>', 'wheel of tensorflow-cpu 2.15, or folder of libtensorflow, in place of a download')
    .action(async (_engine: string, { library }: Options) => {
      exitCode = await installEngine({ library });
    });
  return root;
}

function trainCommand(): Command {
  const command = new Command('train')
    .configureOutput(onOneLine)
    .description('train a network')
    .addHelpText('after', TRAIN_HELP)
    .exitOverride();
  withConfigOptions(command);
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  return command
    .option('--from <run>', 'begin anew with all settings of a run, but for those given here: its folder, or its id')
    .option(
      '--continue <run>',
      'go on with the weights of a run, and its settings but for those given here: its folder, or its id',
    )
    .option('--resume <run>', 'continue a run that did not complete: its folder, or its id')
    .option('--take-over', 'with --resume: even if a process still seems to be at work on the run')
    .option('--from-start', 'with --resume: start over if the run has lost its snapshots')
    .addOption(programOption())
    .option(
      '--coordinator [address]',
      'train on the nodes of a coordinator; one on this machine unless an address is given',
    )
    .option('--dry-run', 'only say what the network is, and what it takes')
    .option('--detach', 'with --coordinator: do not follow the run')
    .option('--no-dashboard', 'serve no web page to watch the training on')
    .option('--open', 'open the dashboard in the browser')
    .option('--json', 'print one JSON object as the last line of standard output')
    .option('--events', 'print the events of the run on standard output, a line of JSON each')
    .option('--quiet', 'print only errors and, with --json, the result')
    .action(async ({ program = [], ...flags }: { readonly program?: readonly string[] }) => {
      const {
        config,
        from,
        continue: continues,
        resume,
        takeOver,
        fromStart,
        coordinator,
        detach,
        dryRun,
        json,
        events,
        quiet,
        ...rest
      } = flags as TrainFlags;
      const { tokenFile, fingerprint, ca, insecure, dashboard, open, ...options } = rest;
      const how = { json: json === true, events: events === true, quiet: quiet === true };
      const shown = { options, configFile: config, from, ...how };
      if (how.json && how.events) throw new ConfigError('events: they end with the result: leave out --json');
      const connection = definedOf({ tokenFile, fingerprint, ca, insecure });
      if (takeOver === true && resume === undefined) {
        throw new ConfigError('take-over: has no effect without --resume RUN');
      }
      if (fromStart === true && resume === undefined) {
        throw new ConfigError('from-start: has no effect without --resume RUN');
      }
      const sources = Object.entries({ from, continue: continues, resume }).filter(([, run]) => run !== undefined);
      if (sources.length > 1) {
        const given = sources.map(([key]) => `--${key}`).join(' and ');
        throw new ConfigError(`${sources[0]?.[0]}: a run takes its settings from one run: leave out one of ${given}`);
      }
      if (dryRun === true) {
        const network = {
          run: resume,
          out: runsFolder(options['out']),
          options,
          file: config,
          baseline: false,
          from: from ?? continues,
        };
        exitCode = await summarize({ ...network, json: how.json });
        return;
      }
      if (coordinator === undefined) {
        exitCode = await train({
          ...shown,
          continues,
          resume,
          takeOver: takeOver === true,
          fromStart: fromStart === true,
          programs: program,
          dashboard,
          open: open === true,
        });
      } else {
        refuseProgramsOfNodes(program);
        if (continues !== undefined) {
          throw new ConfigError('continue: the weights are on this machine: leave out --coordinator');
        }
        if (!dashboard)
          throw new ConfigError('no-dashboard: give it to layerline coordinator, which serves the dashboard');
        if (open === true) throw new ConfigError('open: layerline dashboard --open opens that of a coordinator');
        const address = coordinator === true ? {} : { coordinator };
        const given = { ...shown, options: { ...options, resume }, detach: detach === true };
        exitCode = await submit(given, { ...connection, ...address });
      }
    });
}

keepInspectorClosed();
followOutput();
try {
  await rootCommand().parseAsync();
  process.exitCode = exitCode;
} catch (error) {
  // Commander has already told the user what is wrong with the options.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else process.exitCode = explain(error);
}
