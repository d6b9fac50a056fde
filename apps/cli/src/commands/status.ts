import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus, RunStatus, StatusReport } from '@layerline/coordinator';
import { createLogUpdate } from 'log-update';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { megabytes, percent, whole } from '../display/format.js';
import { table } from '../display/table.js';
import { Interruption } from '../interruption.js';

const REFRESH_MS = 1_000;

/** `layerline status`: what the coordinator's nodes and runs do, once or again and again. @returns the exit code */
export async function status(
  connection: ConnectionOptions,
  options: { readonly watch: boolean; readonly json: boolean },
): Promise<number> {
  const client = new CoordinatorClient(connectionOf(connection, 'viewer'));
  const look = async (): Promise<string> => {
    const report = await client.status();
    return options.json ? `${JSON.stringify(report)}\n` : describe(report);
  };
  if (!options.watch) {
    process.stdout.write(await look());
    return 0;
  }
  const interruption = new Interruption();
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
    interruption.close();
  }
}

/** `layerline nodes`. @returns the exit code */
export async function nodes(connection: ConnectionOptions, options: { readonly json: boolean }): Promise<number> {
  const { nodes } = await new CoordinatorClient(connectionOf(connection, 'viewer')).status();
  process.stdout.write(options.json ? `${JSON.stringify(nodes)}\n` : describeNodes(nodes));
  return 0;
}

function describe({ version, nodes, runs, earlier }: StatusReport): string {
  const ended = earlier.map(({ id, state, failure }) => `${id} ${state}${failure ? `: ${failure}` : ''}\n`).join('');
  return [
    `Coordinator ${version}\n`,
    describeNodes(nodes),
    ...runs.map(describeRun),
    ended === '' ? '' : `Earlier runs\n${ended}`,
  ].join('\n');
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

function describeRun(run: RunStatus): string {
  const share = run.imagesInAll === 0 ? 0 : run.images / run.imagesInAll;
  const error = run.testError === null ? '' : `, test error ${percent(run.testError)}`;
  const head =
    `Run ${run.id}: ${stateOf(run)}, epoch ${run.epoch} of ${run.epochs} (${percent(share, 0)})${error}, ` +
    `restarts ${run.restarts}${run.exact ? '' : ', inexact'}\n`;
  const rows = run.processes.map(({ stage, node, pid }) => {
    const seen = run.telemetry[stage];
    const part = (time: number | undefined): string =>
      seen === undefined || time === undefined ? '' : percent(time / seen.interval, 0);
    return [
      stage,
      node,
      `${pid}`,
      part(seen?.busy),
      part(seen?.waitingForInput),
      part(seen?.waitingForCredit),
      seen === undefined ? '' : whole((seen.rows / seen.interval) * 1000),
      seen === undefined ? '' : megabytes(seen.memory),
    ];
  });
  const stages = table(['stage', 'node', 'pid', 'busy', 'for input', 'for credit', 'rows/s', 'memory'], rows);
  const bottleneck = run.bottleneck === null ? '' : `Held up by ${run.bottleneck}, which waits the least\n`;
  const notices = run.notices.slice(-3).map(({ at, sentence }) => `${at} ${sentence}\n`);
  return head + stages + bottleneck + notices.join('');
}

function stateOf({ state, end }: RunStatus): string {
  if (end === null) return state;
  return 'error' in end ? `failed: ${end.error.message}` : end.result.outcome;
}
