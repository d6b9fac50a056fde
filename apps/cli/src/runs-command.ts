import { ConfigError } from '@layerline/plan';
import { Command, Option } from 'commander';
import { pruneRuns, removeRuns, RUN_ORDERS, RUN_STATES, runs, showRun } from './commands/runs.js';
import type { RunOrder } from './commands/runs.js';
import { wholeNumber } from './option-values.js';
import { runsFolderOption } from './run-options.js';

const MOST_RUNS = 1_000_000;
/** Runs that a table has unless more are asked for. */
const LISTED = 100;
const MOST_DAYS = 100_000;

interface ListFlags {
  readonly out: string;
  readonly state?: string;
  readonly sort: RunOrder;
  readonly limit?: string;
  readonly json?: true;
}

/**
 * `layerline runs`, and what can be done with them.
 * @param ended told how the command ended @param prepared gives it what commands below it take from it
 */
export function runsCommand(ended: (exitCode: number) => void, prepared: (command: Command) => Command): Command {
  const command = prepared(new Command('runs'))
    .configureHelp({ showGlobalOptions: true })
    .description('list the runs in a folder, the newest first')
    .addOption(runsFolderOption())
    .option('--state <states>', `only those that are ${RUN_STATES.join(', ')}`)
    .addOption(new Option('--sort <by>', 'in which order').choices(RUN_ORDERS).default('started'))
    .option('--limit <n>', `at most so many (default: ${LISTED}, or all with --json)`)
    .option('--json', 'print one JSON array')
    .action(async ({ out, state, sort, limit, json }: ListFlags) => {
      const states = state === undefined ? undefined : statesOf(state);
      const isJson = json === true;
      const usual = isJson ? MOST_RUNS : LISTED;
      const most = limit === undefined ? usual : wholeNumber('limit', limit, { from: 1, to: MOST_RUNS });
      ended(await runs({ out, states, sort, limit: most, json: isJson }));
    });
  command
    .command('show')
    .description('say how a run was set up, and what came of it')
    .argument('<run>', 'folder of a run, its id, or the beginning or end of that')
    .action(async (run: string, _: object, own: Command) => {
      const { out, json } = own.optsWithGlobals<ListFlags>();
      ended(await showRun({ run, out, json: json === true }));
    });
  command
    .command('rm')
    .description('remove runs, with their models and snapshots')
    .argument('<run...>', 'folders of runs, or their ids')
    .action(async (named: string[], _: object, own: Command) => {
      ended(await removeRuns({ runs: named, out: own.optsWithGlobals<ListFlags>().out }));
    });
  command
    .command('prune')
    .description('remove runs that failed, or that are in a --state: says which, and with --yes removes them')
    .option('--older-than <days>', 'only those that were started so many days ago')
    .option('--yes', 'remove them')
    .action(async (given: { olderThan?: string; yes?: true }, own: Command) => {
      const { out, state = 'failed' } = own.optsWithGlobals<ListFlags>();
      const { olderThan, yes } = given;
      const days =
        olderThan === undefined ? undefined : wholeNumber('older-than', olderThan, { from: 0, to: MOST_DAYS });
      ended(await pruneRuns({ out, states: statesOf(state), olderThan: days, yes: yes === true }));
    });
  return command;
}

/** @throws ConfigError for one that there is not */
function statesOf(text: string): string[] {
  const states = text.split(',');
  const unknown = states.find((state) => !RUN_STATES.some((each) => each === state));
  if (unknown === undefined) return states;
  throw new ConfigError(`state: there is no "${unknown}": a run is ${RUN_STATES.join(', ')}`);
}
