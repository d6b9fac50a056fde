import { ConfigError } from '@layerline/plan';
import { keepInspectorClosed } from '@layerline/process';
import { Command, CommanderError } from 'commander';
import { clusterCommands, CONNECTION_GROUP, CONNECTION_OPTIONS } from './cluster-commands.js';
import { submit } from './commands/attach.js';
import { summarize } from './commands/summary.js';
import { train } from './commands/train.js';
import { definedOf } from './client/connection.js';
import { withConfigOptions } from './config-options.js';
import { widthOf, wrapped } from './display/output.js';
import { printable } from './display/printable.js';
import { EXIT, explain } from './errors.js';
import { refuseGoneFolder, refuseMisspelt } from './environment.js';
import { followOutput } from './interruption.js';
import { ASKED_BY_SHELLS, completionCommands } from './completion-command.js';
import { comparisonCommands } from './comparison-commands.js';
import { machineCommands } from './machine-commands.js';
import { modelCommands } from './model-commands.js';
import { planCommand } from './plan-command.js';
import { profilesCommand } from './profiles-command.js';
import { programOption, refuseProgramsOfNodes } from './program-options.js';
import { checkedName, runsFolder } from './run-options.js';
import { runsCommand } from './runs-command.js';
import { arrangeHelp, everyCommand } from './help.js';
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

/** The options of `train`: those named here are not part of the config, all others are. */
interface TrainFlags {
  readonly config?: string;
  readonly from?: string;
  readonly continue?: string;
  readonly resume?: string;
  readonly name?: string;
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

const onOneLine = {
  outputError: (text: string, write: (text: string) => void) =>
    write(wrapped(printable(asOurs(text)), widthOf(process.stderr))),
};

/** Commander puts its guess at what was meant on a line of its own, and its errors begin in another way than ours. */
function asOurs(text: string): string {
  return hintFor(text)
    .replace('\n(', ' (')
    .replace(/^error: (command-argument )?/, 'layerline: ');
}

function rootCommand(): Command {
  const root = new Command('layerline')
    .configureOutput(onOneLine)
    .description(
      'Trains neural networks with the Forward-Forward algorithm as a pipeline of processes, one for each layer.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .addHelpText('after', `\nTo begin: npx layerline train\n${EXIT_CODES}`)
    .exitOverride()
    .hook('preAction', (_, command) => {
      if (command.name() === ASKED_BY_SHELLS) return;
      refuseGoneFolder();
      refuseMisspelt(process.env);
    });
  for (const kind of ['train', 'submit'] as const) root.addCommand(trainCommand(kind));
  const ended = (code: number): void => void (exitCode = code);
  root.addCommand(runsCommand(ended, (command) => command.configureOutput(onOneLine).exitOverride()));
  for (const command of [
    planCommand(ended),
    ...comparisonCommands(ended),
    sweepCommand(ended),
    ...clusterCommands(ended),
    ...modelCommands(ended),
    ...machineCommands(ended),
    profilesCommand(ended),
  ]) {
    root.addCommand(command);
  }
  const [completion, asked] = completionCommands(root, ended);
  root.addCommand(completion).addCommand(asked, { hidden: true });
  for (const command of everyCommand(root)) command.configureOutput(onOneLine).exitOverride();
  arrangeHelp(root);
  return root;
}

/** What of `train` is about a training on this machine: a submission says why it refuses it, but its help need not. */
const OF_THIS_MACHINE: ReadonlySet<string> = new Set([
  ...['resume', 'continue', 'takeOver', 'fromStart', 'program', 'detach', 'dashboard', 'open'],
  ...['dataDir', 'singleProcess', 'port', 'out'],
]);

/** `layerline train`; and `submit`, which is the same with `--coordinator --detach`. */
function trainCommand(kind: 'train' | 'submit'): Command {
  const isSubmission = kind === 'submit';
  const command = new Command(kind)
    .configureOutput(onOneLine)
    .description(
      isSubmission ? 'begin a run on a coordinator, and leave it: train --coordinator --detach' : 'train a network',
    )
    .addHelpText('after', isSubmission ? EXIT_CODES : TRAIN_HELP)
    .exitOverride();
  withConfigOptions(command);
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  command
    .optionsGroup('Going on from another run:')
    .option('--from <run>', 'begin anew with all settings of a run, but for those given here: its folder, or its id')
    .option(
      '--continue <run>',
      'go on with the weights of a run, and its settings but for those given here: its folder, or its id',
    )
    .option('--resume <run>', 'continue a run that did not complete: its folder, or its id')
    .option('--take-over', 'with --resume: even if a process still seems to be at work on the run')
    .option('--from-start', 'with --resume: start over if the run has lost its snapshots')
    .optionsGroup('Where and how it runs:')
    .option('--name <name>', 'what to call the run: its id ends with it, and it can be given wherever a run is')
    .addOption(programOption())
    .optionsGroup(CONNECTION_GROUP)
    .option(
      '--coordinator [address]',
      'train on the nodes of a coordinator; one on this machine unless an address or a profile is given',
    )
    .option('--detach', 'with --coordinator: do not follow the run')
    .optionsGroup('What is shown:')
    .option('--dry-run', 'only say what the network is, and what it takes')
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
        name,
        takeOver,
        fromStart,
        coordinator = isSubmission ? true : undefined,
        detach = isSubmission ? true : undefined,
        dryRun,
        json,
        events,
        quiet,
        ...rest
      } = flags as TrainFlags;
      const { tokenFile, fingerprint, ca, insecure, dashboard, open, ...options } = rest;
      const how = { json: json === true, events: events === true, quiet: quiet === true };
      const shown = { options, configFile: config, from, name: checkedName(name), ...how };
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
          throw new ConfigError(
            'continue: the weights are on this machine: it goes with layerline train, without --coordinator',
          );
        }
        if (!dashboard)
          throw new ConfigError('no-dashboard: give it to layerline coordinator, which serves the dashboard');
        if (open === true) throw new ConfigError('open: layerline dashboard --open opens that of a coordinator');
        const address = coordinator === true ? {} : { coordinator };
        const given = { ...shown, options: { ...options, resume }, detach: detach === true };
        exitCode = await submit(given, { ...connection, ...address });
      }
    });
  if (isSubmission) for (const option of command.options) option.hideHelp(OF_THIS_MACHINE.has(option.attributeName()));
  return command;
}

keepInspectorClosed();
followOutput();
// What nobody has caught is told like any other error.
process.on('uncaughtException', (error) => process.exit(explain(error)));
try {
  await rootCommand().parseAsync();
  process.exitCode = exitCode;
} catch (error) {
  // Commander has already told the user what is wrong with the options.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else process.exitCode = explain(error);
}
