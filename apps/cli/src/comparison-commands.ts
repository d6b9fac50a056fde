import { ConfigError } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import { rangeInWords } from '@layerline/protocol';
import { Command, Option } from 'commander';
import { activations } from './commands/activations.js';
import type { ActivationsArguments } from './commands/activations.js';
import { baseline } from './commands/baseline.js';
import { compare } from './commands/compare.js';
import { predict } from './commands/predict.js';
import { summarize } from './commands/summary.js';
import { withConfigOptions } from './config-options.js';
import { printableLine } from './display/printable.js';
import { expandHome, pathVariable } from './environment.js';
import { wholeNumber } from './option-values.js';
import { engineOption, runsFolder, runsFolderOption } from './run-options.js';

const MOST = 1_000_000_000;

/** Options as they are typed. */
interface BaselineFlags {
  readonly dataset: string;
  readonly dataDir?: string;
  readonly layers: string;
  readonly optimizer: 'sgd' | 'adam';
  readonly momentum: string;
  readonly learningRate: string;
  readonly batch: string;
  readonly epochs: string;
  readonly maxSteps?: string;
  readonly seed: string;
  readonly engine: RunConfig['engine'];
  readonly json?: true;
}

interface SummaryFlags {
  readonly config?: string;
  readonly baseline?: true;
  readonly json?: true;
  readonly [key: string]: string | boolean | undefined;
}

/** Commands about networks rather than runs. @param ended told how the command ended */
export function comparisonCommands(ended: (exitCode: number) => void): Command[] {
  return [
    ...[baselineCommand(ended), compareCommand(ended), summaryCommand(ended)],
    ...[predictCommand(ended), activationsCommand(ended)],
  ];
}

function baselineCommand(ended: (exitCode: number) => void): Command {
  return new Command('baseline')
    .description('train an ordinary classifier by backpropagation, to compare with')
    .option('--dataset <name or path>', 'data to train on, as of layerline train', 'auto')
    .option(
      '--data-dir <folder>',
      'folder with MNIST or Fashion-MNIST (also LAYERLINE_DATA)',
      expandHome,
      pathVariable('LAYERLINE_DATA'),
    )
    .option('--layers <widths>', 'width of each hidden layer', '128')
    .addOption(new Option('--optimizer <name>', 'how it learns').choices(['sgd', 'adam']).default('sgd'))
    .option('--momentum <x>', 'of sgd', '0')
    .option('--learning-rate <x>', 'constant', '0.01')
    .option('--batch <n>', 'rows of a batch', '32')
    .option('--epochs <n>', 'times to go through the training rows', '1')
    .option('--max-steps <n>', 'batches after which it ends')
    .option('--seed <n>', 'seed of all random numbers', '1')
    .addOption(engineOption())
    .option('--json', 'print one JSON object at the end')
    .action(async (given: BaselineFlags) => {
      const { dataset, dataDir, optimizer, engine, maxSteps, json } = given;
      const counted = (key: 'batch' | 'epochs' | 'seed', from: number): number =>
        wholeNumber(key, given[key], { from, to: MOST });
      const exitCode = await baseline({
        ...{ dataset, dataDir, optimizer, engine, json: json === true },
        layers: given.layers.split(',').map((width) => wholeNumber('layers', width, { from: 1, to: 65_536 })),
        momentum: number('momentum', given.momentum),
        learningRate: number('learning-rate', given.learningRate),
        batch: counted('batch', 1),
        epochs: counted('epochs', 1),
        seed: counted('seed', 0),
        maxSteps: maxSteps === undefined ? undefined : wholeNumber('max-steps', maxSteps, { from: 1, to: MOST }),
      });
      ended(exitCode);
    });
}

function compareCommand(ended: (exitCode: number) => void): Command {
  return new Command('compare')
    .description('say what sets runs apart: how they were set up, their errors by layer and over time')
    .argument('<run...>', 'folders of runs, or their ids')
    .addOption(runsFolderOption())
    .option('--svg <file>', 'write the errors by epoch as a plot', expandHome)
    .option('--json', 'print one JSON object')
    .action(async (runs: string[], { out, svg, json }: { out: string; svg?: string; json?: true }) => {
      ended(await compare({ runs, out, svg, json: json === true }));
    });
}

function summaryCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('summary')
    .description('print the layers of a network, with their shapes, parameters, memory and arithmetic')
    .argument('[run]', 'folder of a run, or its id; without it, the options of layerline train');
  return withConfigOptions(command)
    .option('--baseline', 'the classifier of layerline baseline')
    .option('--json', 'print one JSON object')
    .action(async (run: string | undefined, flags: SummaryFlags) => {
      const { config, baseline: isBaseline, json, ...options } = flags;
      const out = runsFolder(options['out']);
      const how = { baseline: isBaseline === true, json: json === true };
      ended(await summarize({ run, out, options, file: config, ...how }));
    });
}

/** Options of commands that ask a trained network. */
interface NetworkFlags {
  readonly out: string;
  readonly dataDir?: string;
  readonly engine: RunConfig['engine'];
}

function askingANetwork(command: Command): Command {
  return command
    .addOption(runsFolderOption())
    .option('--data-dir <path>', 'where the data of the run is, if it has moved', expandHome)
    .addOption(engineOption());
}

function predictCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('predict')
    .description('say what the model of a run takes pictures for, with the goodness of each layer')
    .argument('<run>', 'folder of a run, or its id')
    .argument('<picture...>', 'PNG or JPEG files, or folders of them');
  return askingANetwork(command)
    .option('--top <n>', 'classes of each picture to show', '3')
    .option('--json', 'print a JSON object for each picture')
    .action(async (run: string, paths: string[], given: NetworkFlags & { top: string; json?: true }) => {
      const { out, dataDir, engine, top, json } = given;
      const how = { top: wholeNumber('top', top, { from: 1, to: 256 }), json: json === true };
      ended(await predict({ run, paths, out, dataDir, engine, ...how }));
    });
}

interface ActivationsFlags extends NetworkFlags {
  readonly layer?: string;
  readonly set: ActivationsArguments['set'];
  readonly rows?: string;
  readonly format: ActivationsArguments['format'];
  readonly to: string;
}

function activationsCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('activations')
    .description(
      'write what the layers of a run make of its rows: activations as the next layer gets them, and goodness',
    )
    .argument('<run>', 'folder of a run, or its id');
  return askingANetwork(command)
    .option('--layer <n>', 'one layer, counted from 1 (default: all)')
    .addOption(new Option('--set <name>', 'whose rows').choices(['train', 'validation', 'test']).default('test'))
    .option('--rows <from..to>', 'rows counted from 0, both included (default: all)')
    .addOption(new Option('--format <name>', 'format of the files').choices(['npy', 'csv']).default('npy'))
    .option('--to <folder>', 'folder that gets the files', expandHome, 'activations')
    .action(async (run: string, { layer, rows, ...given }: ActivationsFlags) => {
      const which = {
        layer: layer === undefined ? undefined : wholeNumber('layer', layer, { from: 1, to: 64 }),
        rows: rows === undefined ? undefined : rangeOf(rows),
      };
      ended(await activations({ run, dataDir: undefined, ...given, ...which }));
    });
}

/** `0..99`, both included. @throws ConfigError */
function rangeOf(text: string): { readonly from: number; readonly to: number } {
  const [, from = '', to = ''] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  if (from !== '' && Number(to) >= Number(from)) return { from: Number(from), to: Number(to) + 1 };
  throw new ConfigError(`rows: "${text}" is no range: write the first and the last, as in 0..99`);
}

function number(key: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new ConfigError(`${key}: has to be ${rangeInWords({ from: 0 })}, not "${printableLine(text)}"`);
}
