import { resolveDataset } from '@layerline/datasets';
import { backendFor, PlacementError } from '@layerline/coordinator';
import { advise, ConfigError, layerName, machineOf, networkOf, withShards } from '@layerline/plan';
import type { Advice, Machine, RunConfig } from '@layerline/plan';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { clientFor } from '../client/client-for.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { clusterConfig } from '../cluster-config.js';
import { resolveConfig } from '../config-sources.js';
import { isKnownDataset } from '../known-datasets.js';
import type { ConfigInputs } from '../config-sources.js';
import { describeAdvice } from '../display/advice.js';
import type { Advised } from '../display/advice.js';
import { printLine, printText } from '../display/print-line.js';
import { circumstancesOf } from '../planning/run-circumstances.js';
import { timedMachine } from '../training/this-machine.js';
import { scaled } from './reshape.js';

/** How advice is given. */
export interface PlanOptions {
  /** Of an exchange of sums between shards, in milliseconds. */
  readonly roundTrip: number;
  readonly json: boolean;
  /** Cut a run that is under way as is best. */
  readonly apply: boolean;
}

/**
 * `layerline plan`: how fast a training would go.
 * @param connection to the coordinator whose nodes it would be on; undefined for this machine
 * @returns the exit code
 */
export async function planTraining(
  options: ConfigInputs['options'],
  file: string | undefined,
  connection: ConnectionOptions | undefined,
  how: PlanOptions,
): Promise<number> {
  const inputs = { options, file, environment: process.env, workingDirectory: process.cwd() };
  const config = connection === undefined ? resolveConfig(inputs).config : clusterConfig(inputs);
  if (config.singleProcess) {
    throw new ConfigError('singleProcess: a single process has no stages to spread over cores: leave it out');
  }
  const machines = connection === undefined ? [await thisMachine(config)] : await nodesOf(config, connection);
  const { dataset, labelColumn, header } = config;
  const isOwn = connection === undefined && !isKnownDataset(dataset);
  const data = isOwn ? await resolveDataset(dataset, { read: { labelColumn, header } }) : undefined;
  const network = networkOf(withShards(config, machines), data?.summary);
  const { threads } = config;
  const { roundTrip } = how;
  show({ network, machines, advice: advise(network, { machines, threads, roundTrip }) }, how);
  return 0;
}

/** `layerline plan RUN`: how fast a run goes that is under way, and how fast it could. @returns the exit code */
export async function planRun(run: string, connection: ConnectionOptions, how: PlanOptions): Promise<number> {
  const client = await clientFor(run, connection, how.apply ? 'operator' : 'viewer');
  const [status, setup, { nodes }] = await Promise.all([client.runStatus(run), client.setup(run), client.status()]);
  const { network, circumstances } = circumstancesOf(status, setup, nodes, how.roundTrip);
  const advice = advise(network, circumstances);
  show({ run, network, machines: circumstances.machines, advice }, how);
  return how.apply ? apply(client, run, advice, how) : 0;
}

/** Cuts the layers of a run that are to be cut otherwise, one after the other. @returns the exit code: 1 where one came to nothing */
async function apply(
  client: CoordinatorClient,
  run: string,
  { now, best }: Advice,
  { json }: PlanOptions,
): Promise<number> {
  const say = json ? () => undefined : printLine;
  const other = [...best.shards.keys()].filter((index) => best.shards[index] !== now.shards[index]);
  if (other.length === 0) say('Its layers are cut as is best: nothing is changed');
  for (const index of other) {
    const { state } = await scaled(client, run, layerName(index), best.shards[index] as number, say);
    if (state !== 'applied') return 1;
  }
  return 0;
}

function show(advised: Advised, { json }: PlanOptions): void {
  const { run, machines, advice } = advised;
  const object = { ...(run !== undefined && { run }), machines, ...advice };
  if (json) process.stdout.write(`${JSON.stringify(object)}\n`);
  else printText(describeAdvice(advised));
}

async function thisMachine({ engine }: RunConfig): Promise<Machine> {
  return { ...(await timedMachine(engine)), name: 'this machine' };
}

/** The nodes that a new run could be on. @throws PlacementError if there is none */
async function nodesOf(config: RunConfig, connection: ConnectionOptions): Promise<Machine[]> {
  const { nodes } = await new CoordinatorClient(connectionOf(connection, 'viewer')).status();
  const open = nodes.filter(({ draining }) => !draining);
  if (open.length === 0) {
    throw new PlacementError(
      'No node has joined yet: start one with layerline node, or leave out --coordinator to plan for this machine',
    );
  }
  const backend = backendFor(config, open);
  return open.map((node) => machineOf(node.name, node, node.slots - node.tasks, backend));
}
