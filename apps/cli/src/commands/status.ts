import type { NodeStatus, StatusReport } from '@layerline/api';
import { connectionsOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { megabytes, whole } from '../display/format.js';
import { printText } from '../display/print-line.js';
import { describeRun, stateOf } from '../display/run-status.js';
import { table } from '../display/table.js';
import { watchText } from '../watch-text.js';

/** A coordinator's answer. */
interface Seen {
  readonly address: string;
  readonly report: StatusReport;
}

export interface StatusOptions {
  /** Whether to go on looking until Ctrl-C. */
  readonly watch: boolean;
  /** Whether to list the runs that have ended, too. In JSON they always are. */
  readonly all: boolean;
  readonly json: boolean;
}

/** `layerline status`: what the coordinators' nodes and runs are doing, once or repeatedly. @returns the exit code */
export async function status(connection: ConnectionOptions, options: StatusOptions): Promise<number> {
  const look = async (): Promise<{ text: string; isLast: boolean }> => {
    const seen = await ask(connection);
    const isLast = !options.watch;
    if (!options.json) return { text: seen.map((each) => describe(each, options.all)).join('\n'), isLast };
    // A single object in the usual case of one coordinator; an array if several are running here.
    const reports = seen.map(({ address, report }) => ({ coordinator: address, ...report }));
    return { text: `${JSON.stringify(reports.length === 1 ? reports[0] : reports)}\n`, isLast };
  };
  return watchText(look, options.json);
}

/** `layerline nodes`. @returns the exit code */
export async function nodes(connection: ConnectionOptions, options: { readonly json: boolean }): Promise<number> {
  const found = (await ask(connection)).flatMap(({ report }) => report.nodes);
  if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else printText(describeNodes(found));
  return 0;
}

function ask(options: ConnectionOptions): Promise<Seen[]> {
  return Promise.all(
    connectionsOf(options, 'viewer').map(async (connection) => {
      const [address = ''] = connection.addresses;
      return { address, report: await new CoordinatorClient(connection).status() };
    }),
  );
}

function describe({ address, report: { version, nodes, runs, earlier } }: Seen, all: boolean): string {
  const ended = [
    ...runs.flatMap(({ id, state, end }) => (end === null ? [] : [`${id} ${stateOf({ state, end })}\n`])),
    ...earlier.map(({ id, state, failure }) => `${id} ${state}${failure === null ? '' : `: ${failure}`}\n`),
  ];
  return [
    `Coordinator ${version} at ${address}\n`,
    describeNodes(nodes),
    ...runs.filter(({ end }) => end === null).map(describeRun),
    ...(all && ended.length > 0 ? [`Ended runs\n${ended.join('')}`] : []),
    ...(all || ended.length === 0 ? [] : [`${counted(ended.length)} ended: layerline status --all\n`]),
  ].join('\n');
}

function counted(runs: number): string {
  return runs === 1 ? 'One run has' : `${whole(runs)} runs have`;
}

function describeNodes(nodes: readonly NodeStatus[]): string {
  if (nodes.length === 0) return 'No nodes. Start one on each machine that is to compute: layerline node\n';
  const rows = nodes.map(({ name, host, dialsOut, cores, memory, tasks, slots, draining, engines, datasets }) => {
    const [best] = engines;
    const engine = best === undefined ? 'none' : `${best.backend} ${best.millisecondsPerStep?.toFixed(1) ?? '?'} ms`;
    return [
      name,
      dialsOut ? `${host} (dials out)` : host,
      `${cores}`,
      megabytes(memory),
      `${tasks}/${slots}${draining ? ' draining' : ''}`,
      engine,
      datasets.map((dataset) => dataset.name).join(', '),
    ];
  });
  return table(['node', 'host', 'cores', 'memory', 'stages', 'engine, ms/step', 'data'], rows);
}
