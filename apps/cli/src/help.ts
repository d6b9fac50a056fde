import { choiceInWords } from '@layerline/protocol';
import { Command, Help } from 'commander';
import type { Argument, Option } from 'commander';

/** The commands by what they are for, in the order of the help. */
const GROUPS: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['Train:', ['train', 'submit', 'plan', 'summary', 'sweep', 'baseline', 'presets', 'datasets']],
  ['Runs and their models:', ['runs', 'compare', 'evaluate', 'predict', 'activations', 'export']],
  [
    'Runs that are under way:',
    ['status', 'attach', 'logs', 'events', 'dashboard', 'pause', 'resume', 'snapshot', 'stop'],
  ],
  ['Layers and stages of a run that is under way:', ['scale', 'move', 'operations', 'cancel']],
  ['Several machines:', ['coordinator', 'node', 'nodes', 'drain', 'undrain', 'doctor', 'profiles']],
  ['This machine:', ['engines', 'completion', 'help']],
];
/** Commander's title of options without a group. */
const PLAIN = 'Options:';
const IN_ORDER = GROUPS.flatMap(([, commands]) => commands);

/** Command lines that show what a command is for, by its name. */
const EXAMPLES: Readonly<Record<string, readonly (readonly [line: string, what: string])[]>> = {
  summary: [
    ['layerline summary --layers 2000,2000', 'a network that is yet to be trained'],
    ['layerline summary RUN', 'that of a run'],
  ],
  baseline: [['layerline baseline --layers 500,500 --optimizer adam --learning-rate 0.001 --epochs 5', '']],
  'datasets inspect': [['layerline datasets inspect iris.csv --label-column species', '']],
  runs: [
    ['layerline runs --state completed --sort error', 'the best first'],
    ['layerline runs show RUN', 'one of them'],
    ['layerline runs prune --older-than 30', 'which that have failed could go'],
  ],
  compare: [['layerline compare RUN OTHER --svg errors.svg', '']],
  evaluate: [['layerline evaluate RUN --json', '']],
  predict: [['layerline predict RUN digits/ --top 1', 'all pictures of a folder']],
  activations: [['layerline activations RUN --layer 2 --rows 0..99', 'of the first hundred test rows']],
  export: [
    ['layerline export RUN --format onnx', 'its model'],
    ['layerline export RUN --format tensorboard --to logs', 'its charts'],
  ],
  status: [['layerline status --watch', '']],
  logs: [['layerline logs RUN layer-2 --lines 20', '']],
  dashboard: [
    ['layerline dashboard --open', 'of what is running here'],
    ['layerline dashboard --runs runs', 'of runs that are over'],
  ],
  scale: [['layerline scale RUN layer-2 --shards 3 --dry-run', 'what it would come to']],
  move: [['layerline move RUN layer-2/1 --to box --wait', '']],
  coordinator: [
    ['layerline coordinator', 'for nodes on this machine'],
    ['layerline coordinator --host 10.0.0.1 --tls self-signed', 'for others, too'],
  ],
  node: [
    ['layerline node', 'for a coordinator on this machine'],
    ['layerline node --coordinator wss://10.0.0.1:7878 --fingerprint SHA256 --token-file node.token', ''],
  ],
  profiles: [
    [
      'layerline profiles add lab --coordinator wss://10.0.0.1:7878 --fingerprint SHA256 --token-file operator.token',
      '',
    ],
    ['layerline status --coordinator lab', 'once'],
    ['layerline profiles use lab', 'from now on'],
    ['layerline profiles use local', 'this machine again'],
  ],
  doctor: [['layerline doctor --coordinator wss://10.0.0.1:7878 --fingerprint SHA256 --token-file node.token', '']],
};

/** Gives the help of all commands one form: commands in groups, choices and defaults in words, examples. */
export function arrangeHelp(root: Command): void {
  root.addHelpCommand(new Command('help').argument('[command]').description('show the help of a command'));
  for (const command of everyCommand(root)) {
    const path = pathOf(command);
    command.configureHelp({
      showGlobalOptions: true,
      ...command.configureHelp(),
      optionDescription,
      argumentDescription,
      groupItems,
      visibleGlobalOptions,
      ...(command === root && { visibleCommands }),
    });
    const examples = EXAMPLES[path];
    if (examples !== undefined) command.addHelpText('after', `\n${inExamples(examples)}`);
  }
}

/** A command, and all below it. */
export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const below of command.commands) yield* everyCommand(below);
}

/** `datasets inspect` */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

/** One that has no group yet comes last, under a title of Commander's. */
function visibleCommands(command: Command): Command[] {
  const place = (each: Command): number => (IN_ORDER.includes(each.name()) ? IN_ORDER.indexOf(each.name()) : Infinity);
  return new Help().visibleCommands(command).sort((a, b) => Number(place(a) > place(b)) - Number(place(a) < place(b)));
}

/** Options of the commands above, but for those of the root: they have no effect below it. */
function visibleGlobalOptions(command: Command): Option[] {
  const { parent } = command;
  if (parent === null || parent.parent === null) return [];
  return [...parent.options.filter(({ hidden }) => !hidden), ...visibleGlobalOptions(parent)];
}

/** Those that are in no group come first. */
function groupItems<Item extends Command | Option>(
  _: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>([[PLAIN, []]]);
  for (const item of visible) {
    const found = item instanceof Command ? GROUPS.find(([, names]) => names.includes(item.name()))?.[0] : undefined;
    const title = found ?? groupOf(item);
    groups.set(title, [...(groups.get(title) ?? []), item]);
  }
  return groups;
}

/** `engine to compute with: auto, onnx or tfjs (default: auto)` */
function optionDescription({ description, argChoices, mandatory, ...option }: Option): string {
  const standard: unknown = option.defaultValue;
  const said = withChoices(description, argChoices);
  if (mandatory) return `${said} (required)`;
  return typeof standard === 'string' ? `${said} (default: ${standard})` : said;
}

function argumentDescription({ description, argChoices }: Argument): string {
  return withChoices(description, argChoices);
}

function withChoices(description: string, choices: readonly string[] | undefined): string {
  return choices === undefined ? description : `${description}: ${choiceInWords(choices)}`;
}

function inExamples(examples: readonly (readonly [line: string, what: string])[]): string {
  const width = Math.max(...examples.map(([line, what]) => (what === '' ? 0 : line.length)));
  const lines = examples.map(([line, what]) => `  npx ${what === '' ? line : `${line.padEnd(width)}  ${what}`}`);
  return ['Examples:', ...lines].join('\n');
}
