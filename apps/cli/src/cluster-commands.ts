import { ConfigError } from '@layerline/plan';
import { ROLES } from '@layerline/security';
import type { Role } from '@layerline/security';
import { Command, Option } from 'commander';
import { attach } from './commands/attach.js';
import { serveAsCoordinator } from './commands/coordinator.js';
import type { CoordinatorArguments } from './commands/coordinator.js';
import { dashboard, dashboardOfRuns } from './commands/dashboard.js';
import { doctor } from './commands/doctor.js';
import { events } from './commands/events.js';
import { node } from './commands/node.js';
import type { NodeArguments } from './commands/node.js';
import { logs } from './commands/logs.js';
import type { LogsArguments } from './commands/logs.js';
import { drain, undrain } from './commands/operate.js';
import { cancel, move, operations, scale } from './commands/reshape.js';
import type { ReshapeOptions } from './commands/reshape.js';
import { runStatus } from './commands/run-status.js';
import { nodes, status } from './commands/status.js';
import type { StatusOptions } from './commands/status.js';
import { expandHome } from './environment.js';
import { PORTS, wholeNumber } from './option-values.js';
import { nodeDatasetOption } from './dataset-options.js';
import { runsFolderOption } from './run-options.js';
import { steeringCommands } from './steering-commands.js';
import { programOption } from './program-options.js';
import type { ConnectionOptions } from './client/connection.js';

const DEFAULT_PORT = '7878';
const DEFAULT_SLOTS = '8';
/** What these options have in common, in the help. */
export const CONNECTION_GROUP = 'The coordinator:';

/** Options of every command that talks to a coordinator. */
export const CONNECTION_OPTIONS = [
  new Option('--token-file <file>', 'file with the token, readable only by you (or set LAYERLINE_TOKEN)'),
  new Option('--fingerprint <sha256>', "fingerprint of the coordinator's certificate, if it is self-signed"),
  new Option('--ca <file>', "certificates that the coordinator's is signed with, if the system does not know them"),
  new Option('--insecure', 'send the token unencrypted to another machine'),
].map((option) => option.helpGroup(CONNECTION_GROUP));

/** What `layerline dashboard` can be given. */
interface DashboardOptions extends ConnectionOptions {
  readonly role: Role;
  readonly open?: true;
  /** A folder of runs to show, instead of those of a coordinator. */
  readonly runs?: string;
  readonly port?: string;
}

/** What `layerline status` can be given. */
interface StatusArguments extends ConnectionOptions, Partial<StatusOptions> {
  readonly out: string;
}

/** Tells the main program how a command ended. */
type Ended = (exitCode: number) => void;

/** The commands for runs across several machines. */
export function clusterCommands(ended: Ended): Command[] {
  const run = <Arguments extends unknown[]>(act: (...given: Arguments) => Promise<number>) => {
    return async (...given: Arguments): Promise<void> => ended(await act(...given));
  };
  return [
    new Command('coordinator')
      .description('plan runs and watch over them, for nodes on this and other machines')
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--port <n>', 'port to listen on; 0 for any free one', DEFAULT_PORT)
      .option('--advertise <name>', 'name or address at which other machines reach it')
      .addOption(
        new Option('--tls <kind>', 'make a certificate that nodes recognize by its fingerprint').choices([
          'self-signed',
        ]),
      )
      .option('--tls-cert <file>', 'certificate in PEM')
      .option('--tls-key <file>', 'its private key in PEM')
      .option('--insecure', 'serve other machines without TLS')
      .option('--metrics-port <n>', 'port that answers GET /metrics, for Prometheus, without a token')
      .option('--metrics-host <address>', 'address of that port', '127.0.0.1')
      .option('--state <folder>', 'folder of its certificate and tokens')
      .option('--no-dashboard', 'serve no web page to watch and steer runs on')
      .option('--dashboard-url <url>', 'where people find the dashboard, if a reverse proxy serves it: https://name/')
      .option('--open', 'open the dashboard in the browser')
      .option('--take-over', 'take up runs from a coordinator that still seems to be at work on them')
      .addOption(runsFolderOption('folder in which each run gets a folder'))
      .action(run((given: CoordinatorArguments) => serveAsCoordinator(given))),
    talking(new Command('dashboard'))
      .description('print an address, good once and for ten minutes, that signs you in to the dashboard')
      .addOption(new Option('--role <role>', 'whom the address is for').choices(ROLES).default('operator'))
      .option('--open', 'open it in the browser')
      .addOption(
        new Option('--runs <folder>', 'show a viewer the runs in a folder, with nothing training, until Ctrl-C')
          .argParser(expandHome)
          .conflicts(['role', 'coordinator', ...CONNECTION_OPTIONS.map((option) => option.attributeName())]),
      )
      .option('--port <n>', 'with --runs: port to listen on (default: any free one)')
      .action(run((given: DashboardOptions) => dashboardFor(given))),
    talking(new Command('node'))
      .description('compute for a coordinator: start the stages that it places here')
      .option('--name <name>', "name of the node (default: the machine's host name)")
      .option('--slots <n>', 'stages that it takes at once', DEFAULT_SLOTS)
      .option('--bind <address>', 'address that its stages listen on')
      .option('--advertise <name>', 'name or address at which other nodes reach it')
      .option('--data-ports <from-to>', 'ports that its stages listen on', 'any')
      .option(
        '--dial-out',
        'its stages cannot be reached from outside (firewall): they connect to their neighbours instead',
      )
      .option(
        '--data-dir <folder>',
        'folder of this machine with MNIST or Fashion-MNIST (also LAYERLINE_DATA)',
        expandHome,
      )
      .addOption(nodeDatasetOption())
      .option('--label-column <column>', 'of tables among them: name or number of the column of labels')
      .addOption(programOption())
      .option('--state <folder>', 'folder of its certificate')
      .action(run((given: NodeArguments) => node(given))),
    talking(new Command('nodes'))
      .description('list the nodes that have joined')
      .option('--json', 'print one JSON array')
      .action(run((given: ConnectionOptions & { json?: true }) => nodes(given, { json: given.json === true }))),
    talking(new Command('status'))
      .description('show what nodes and runs are doing, or one run, and which stage slows each run down')
      .argument('[run]', 'only this one: folder of a run, its id, or the beginning or end of that')
      .addOption(runsFolderOption())
      .option('--all', 'list the runs that have ended, too')
      .option('--watch', 'refresh every second, until Ctrl-C')
      .option('--json', 'print JSON')
      .action(
        run((id: string | undefined, given: StatusArguments) => {
          const { out, all = false, watch = false, json = false, ...connection } = given;
          if (id === undefined) return status(connection, { all, watch, json });
          return runStatus(id, out, connection, { watch, json });
        }),
      ),
    talking(new Command('attach'))
      .description('follow a run; Ctrl-C leaves it running')
      .argument('<run>', 'id of the run')
      .option('--json', 'print one JSON object at the end')
      .option('--events', 'print the events of the run, a line of JSON each')
      .option('--quiet', 'print only errors and, with --json, the result')
      .action(
        run((id: string, given: ConnectionOptions & { json?: true; events?: true; quiet?: true }) => {
          const { json, events, quiet } = given;
          return attach(id, given, { json: json === true, events: events === true, quiet: quiet === true });
        }),
      ),
    talking(new Command('events'))
      .description('print the events of a run, a line of JSON each')
      .argument('<run>', 'folder of a run, its id, or the beginning or end of that')
      .addOption(runsFolderOption())
      .option('--follow', 'go on with those that come, until the run ends; with --coordinator always')
      .action(
        run((id: string, given: ConnectionOptions & { out: string; follow?: true }) =>
          events({ ...given, run: id, follow: given.follow === true }),
        ),
      ),
    ...steeringCommands(ended).map(talking),
    talking(new Command('scale'))
      .description('cut a layer into another number of shards, while the run trains')
      .argument('<run>', 'id of the run')
      .argument('<layer>', 'name of the layer, such as layer-2')
      .requiredOption('--shards <n>', 'how many')
      .option('--dry-run', 'say what it would come to, and change nothing')
      .option('--wait', 'wait until it is done')
      .option('--json', 'print one JSON object at the end')
      .action(
        run((id: string, layer: string, given: ReshapeOptions & { shards: string; dryRun?: true }) =>
          scale(id, layer, given),
        ),
      ),
    talking(new Command('move'))
      .description('move a stage to another node, while the run trains')
      .argument('<run>', 'id of the run')
      .argument('<stage>', 'name of the stage, such as layer-2/1')
      .requiredOption('--to <node>', 'name of the node')
      .option('--wait', 'wait until it is done')
      .option('--json', 'print one JSON object at the end')
      .action(run((id: string, stage: string, given: ReshapeOptions & { to: string }) => move(id, stage, given))),
    talking(new Command('operations'))
      .description("list changes of a run's stages, the newest first")
      .argument('<run>', 'id of the run')
      .option('--json', 'print one JSON array')
      .action(run((id: string, given: ConnectionOptions & { json?: true }) => operations(id, given))),
    talking(new Command('cancel'))
      .description("give up a change of a run's stages that still waits")
      .argument('<run>', 'id of the run')
      .argument('<operation>', 'its number')
      .action(run((id: string, operation: string, given: ConnectionOptions) => cancel(id, operation, given))),
    talking(new Command('drain'))
      .description('move all stages of a node elsewhere, and give it no new ones')
      .argument('<node>', 'name of the node')
      .option('--timeout <seconds>', 'wait at most so long; draining goes on after that')
      .action(run((name: string, given: ConnectionOptions & { timeout?: string }) => drain(name, given))),
    talking(new Command('undrain'))
      .description('give stages again to a node that was drained')
      .argument('<node>', 'name of the node')
      .action(run((name: string, given: ConnectionOptions) => undrain(name, given))),
    talking(new Command('logs'))
      .description("print the last lines of a run's log")
      .argument('<run>', 'folder of a run, its id, or the beginning or end of that')
      .argument('[stage]', 'only those of this stage, such as layer-2/1, or of all shards of a layer')
      .addOption(runsFolderOption())
      .option('--lines <n>', 'how many (default: 100, or all with --since)')
      .option('--since <time>', 'only those from 10m, 2h or 1d ago on, or from a date such as 2026-12-01T12:00')
      .option('--follow', 'go on with those that come, until the run ends or Ctrl-C')
      .option('--json', 'print one JSON object a line: at, stage, line')
      .action(run((id: string, stage: string | undefined, given: LogsArguments) => logs(id, stage, given))),
    talking(new Command('doctor'))
      .description('check this machine before it joins a coordinator, and say what to do')
      .option(
        '--data-dir <folder>',
        'folder of this machine with MNIST or Fashion-MNIST (also LAYERLINE_DATA)',
        expandHome,
      )
      .option('--out <folder>', 'folder whose disk is checked', expandHome, '.')
      .option('--json', 'print one JSON array')
      .action(
        run((given: ConnectionOptions & { dataDir?: string; out: string; json?: true }) =>
          doctor(given, { ...given, json: given.json === true }),
        ),
      ),
  ];
}

/** @throws ConfigError for a port that is none, or that nothing would listen on */
function dashboardFor({ role, runs, port, ...given }: DashboardOptions): Promise<number> {
  const open = given.open === true;
  if (runs !== undefined) return dashboardOfRuns(runs, { port: wholeNumber('port', port ?? '0', PORTS), open });
  if (port !== undefined) throw new ConfigError('port: it goes with --runs; a coordinator that is running has its own');
  return dashboard(given, { role, open });
}

function talking(command: Command): Command {
  command.addOption(
    new Option(
      '--coordinator <address>',
      'wss://host:port, or a profile (or LAYERLINE_COORDINATOR; default: the profile in use, or the one on this machine)',
    ).helpGroup(CONNECTION_GROUP),
  );
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  return command;
}
