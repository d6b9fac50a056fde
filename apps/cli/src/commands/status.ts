import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus, StatusReport } from '@layerline/api';
import { createLogUpdate } from 'log-update';
import { connectionsOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { megabytes, whole } from '../display/format.js';
import { printable } from '../display/printable.js';
import { describeRun, stateOf } from '../display/run-status.js';
import { table } from '../display/table.js';
import { Interruption } from '../interruption.js';

const REFRESH_MS = 1_000;

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
  const look = async (): Promise<string> => {
    const seen = await ask(connection);
    if (!options.json) return printable(seen.map((each) => describe(each, options.all)).join('\n'));
    // A single object in the usual case of one coordinator; an array if several are running here.
    const reports = seen.map(({ address, report }) => ({ coordinator: address, ...report }));
    return `${JSON.stringify(reports.length === 1 ? reports[0] : reports)}\n`;
  };
  if (!options.watch) {
    process.stdout.write(await look());
    return 0;
  }
  const interruption = new Interruption();
  interruption.start();
  const update = createLogUpdate(process.stdout);
  try {
    while (!interruption.signal.aborted) {
      const text = await look();
      if (process.stdout.isTTY && !options.json) update(text);
      else process.stdout.write(text);
      await sleep(REFRESH_MS, undefined, { signal: interruption.signal }).catch(() => undefined);
    }
    return 0;
  } finally {
    interruption.stop();
  }
}

/** `layerline nodes`. @returns the exit code */
export async function nodes(connection: ConnectionOptions, options: { readonly json: boolean }): Promise<number> {
  const found = (await ask(connection)).flatMap(({ report }) => report.nodes);
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : printable(describeNodes(found)));
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
