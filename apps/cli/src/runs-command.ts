import { ConfigError } from '@layerline/plan';
import { Command, Option } from 'commander';
import { connectionOf, definedOf } from './client/connection.js';
import type { ConnectionOptions } from './client/connection.js';
import { CoordinatorClient } from './client/coordinator-client.js';
import { CONNECTION_OPTIONS } from './cluster-commands.js';
import { pruneRuns, removeRuns } from './commands/remove-runs.js';
import { RUN_ORDERS, RUN_STATES, runs } from './commands/runs.js';
import type { RunFilter, RunOrder } from './commands/runs.js';
import { showRun } from './commands/show-run.js';
import { moment, wholeNumber } from './option-values.js';
import { runsFolderOption } from './run-options.js';
import { RunsAtCoordinator, RunsFolder } from './run-store.js';
import type { RunStore } from './run-store.js';

const MOST_RUNS = 1_000_000;
/** Runs that a table has unless more are asked for. */
const LISTED = 100;
const MOST_DAYS = 100_000;

interface RunsFlags extends Omit<ConnectionOptions, 'coordinator'> {
  readonly out: string;
  readonly coordinator?: string | true;
  readonly state?: string;
  readonly objective?: string;
  readonly dataset?: string;
  readonly since?: string;
  readonly sort: RunOrder;
  readonly limit?: string;
  readonly json?: true;
}

/** Options that choose among runs, and arrange them. */
const LIST_ONLY = ['state', 'objective', 'dataset', 'since', 'sort', 'limit'] as const;

/**
 * `layerline runs`, and what can be done with them.
 * @param ended told how the command ended @param prepared gives it what commands below it take from it
 */
export function runsCommand(ended: (exitCode: number) => void, prepared: (command: Command) => Command): Command {
  const command = prepared(new Command('runs'))
    .configureHelp({ showGlobalOptions: true })
    .description('list the runs in a folder, or of a coordinator, the newest first')
    .addOption(runsFolderOption())
    .addOption(
      new Option(
        '--coordinator [address]',
        'the runs of a coordinator; of the one on this machine unless an address or a profile is given',
      ).conflicts('out'),
    )
    .option('--state <states>', `only those that are ${RUN_STATES.join(', ')}`)
    .option('--objective <name>', 'only those with this objective')
    .option('--dataset <name>', 'only those on this data set')
    .option('--since <time>', 'only those started from 10m, 2h or 1d ago on, or from a date such as 2026-12-01T12:00')
    .addOption(new Option('--sort <by>', 'in which order').choices(RUN_ORDERS).default('started'))
    .option('--limit <n>', `at most so many (default: ${LISTED}, or all with --json)`)
    .option('--json', 'print one JSON array')
    .action(async (flags: RunsFlags) => {
      const { state, sort, limit, json } = flags;
      const states = state === undefined ? undefined : statesOf(state);
      const isJson = json === true;
      const usual = isJson ? MOST_RUNS : LISTED;
      const most = limit === undefined ? usual : wholeNumber('limit', limit, { from: 1, to: MOST_RUNS });
      ended(await runs(storeOf(flags, 'viewer'), { ...filterOf(flags), states, sort, limit: most, json: isJson }));
    });
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  command
    .command('show')
    .description('say how a run was set up, and what came of it')
    .argument('<run>', 'folder of a run, its id, or the beginning or end of that')
    .action(async (run: string, _: object, own: Command) => {
      refuseStray(own, LIST_ONLY);
      const flags = own.optsWithGlobals<RunsFlags>();
      ended(await showRun(storeOf(flags, 'viewer'), { run, json: flags.json === true }));
    });
  command
    .command('rm')
    .description('remove runs, with their models and snapshots')
    .argument('<run...>', 'folders of runs, or their ids')
    .action(async (named: string[], _: object, own: Command) => {
      refuseStray(own, [...LIST_ONLY, 'json']);
      ended(await removeRuns(storeOf(own.optsWithGlobals<RunsFlags>(), 'operator'), named));
    });
  command
    .command('prune')
    .description('remove runs that failed, or that are in a --state: says which, and with --yes removes them')
    .option('--older-than <days>', 'only those that were started so many days ago')
    .option('--yes', 'remove them')
    .action(async (given: { olderThan?: string; yes?: true }, own: Command) => {
      refuseStray(own, ['sort', 'limit', 'json']);
      const flags = own.optsWithGlobals<RunsFlags>();
      const { olderThan, yes } = given;
      const days =
        olderThan === undefined ? undefined : wholeNumber('older-than', olderThan, { from: 0, to: MOST_DAYS });
      const states = statesOf(flags.state ?? 'failed');
      const store = storeOf(flags, yes === true ? 'operator' : 'viewer');
      ended(await pruneRuns(store, { ...filterOf(flags), states, olderThan: days, yes: yes === true }));
    });
  return command;
}

/**
 * Commands below `runs` take its options, too. Those that would have no effect are refused: who names a state beside a run to be
 * removed may rely on it.
 * @throws ConfigError
 */
function refuseStray(own: Command, keys: readonly (keyof RunsFlags)[]): void {
  const stray = keys.find((key) => own.getOptionValueSourceWithGlobals(key) === 'cli');
  if (stray !== undefined) throw new ConfigError(`${stray}: it has no effect on layerline runs ${own.name()}`);
}

/** @param principal whose token to present to a coordinator @throws ConfigError, TokenError, CertificateError, StateFolderError */
function storeOf(
  { out, coordinator, tokenFile, fingerprint, ca, insecure }: RunsFlags,
  principal: 'operator' | 'viewer',
): RunStore {
  if (coordinator === undefined) return new RunsFolder(out);
  const address = coordinator === true ? undefined : coordinator;
  const options = definedOf({ coordinator: address, tokenFile, fingerprint, ca, insecure });
  return new RunsAtCoordinator(new CoordinatorClient(connectionOf(options, principal)));
}

/** @throws ConfigError */
function filterOf({ objective, dataset, since }: RunsFlags): RunFilter {
  return { objective, dataset, since: since === undefined ? undefined : moment('since', since) };
}

/** @throws ConfigError for one that there is not */
function statesOf(text: string): string[] {
  const states = text.split(',');
  const unknown = states.find((state) => !RUN_STATES.some((each) => each === state));
  if (unknown === undefined) return states;
  throw new ConfigError(`state: there is no "${unknown}": a run is ${RUN_STATES.join(', ')}`);
}
