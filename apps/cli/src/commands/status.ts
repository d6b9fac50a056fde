import { setTimeout as sleep } from 'node:timers/promises';
import { isOver, ratesBetween } from '@layerline/api';
import type { NodeStatus, RunStatus, StatusReport } from '@layerline/api';
import { connectionsOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { changeInWords } from '../display/change.js';
import { firstLines } from '../display/fitting.js';
import { megabytes, percent, whole } from '../display/format.js';
import { LiveLines } from '../display/live-lines.js';
import { canRedraw, wrapped } from '../display/output.js';
import { printText } from '../display/print-line.js';
import { printable } from '../display/printable.js';
import { table } from '../display/table.js';
import { Interruption } from '../interruption.js';

const REFRESH_MS = 1_000;

/** A coordinator's answer. */
interface Seen {
  readonly address: string;
  readonly report: StatusReport;
}

/** `layerline status`: what the coordinators' nodes and runs are doing, once or repeatedly. @returns the exit code */
export async function status(
  connection: ConnectionOptions,
  options: { readonly watch: boolean; readonly json: boolean },
): Promise<number> {
  if (!options.watch) {
    tell(await ask(connection), options.json);
    return 0;
  }
  const interruption = new Interruption();
  interruption.start();
  const live = canRedraw(process.stdout) && !options.json ? new LiveLines(process.stdout) : undefined;
  try {
    while (!interruption.signal.aborted) {
      const seen = await ask(connection);
      if (live === undefined) tell(seen, options.json);
      else
        live.show(({ columns, rows }) =>
          firstLines(
            wrapped(printable(textOf(seen)), columns)
              .trimEnd()
              .split('\n'),
            rows,
          ),
        );
      await sleep(REFRESH_MS, undefined, { signal: interruption.signal }).catch(() => undefined);
    }
    return 0;
  } finally {
    live?.leave();
    interruption.stop();
  }
}

function tell(seen: readonly Seen[], json: boolean): void {
  if (!json) return printText(textOf(seen));
  // A single object in the usual case of one coordinator; an array if several are running here.
  const reports = seen.map(({ address, report }) => ({ coordinator: address, ...report }));
  process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports)}\n`);
}

function textOf(seen: readonly Seen[]): string {
  return seen.map(describe).join('\n');
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

function describe({ address, report: { version, nodes, runs, earlier } }: Seen): string {
  const ended = earlier.map(({ id, state, failure }) => `${id} ${state}${failure === null ? '' : `: ${failure}`}\n`);
  return [
    `Coordinator ${version} at ${address}\n`,
    describeNodes(nodes),
    ...runs.map(describeRun),
    ended.length === 0 ? '' : `Earlier runs\n${ended.join('')}`,
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
    const span = run.telemetry[stage];
    const rates = span && ratesBetween(span.before ?? undefined, span.now);
    const shown = (figure: number | undefined, show: (figure: number) => string): string => {
      return figure === undefined ? '' : show(figure);
    };
    const part = (share: number): string => percent(share, 0);
    return [
      stage,
      node,
      `${pid}`,
      shown(rates?.busy, part),
      shown(rates?.waitingForInput, part),
      shown(rates?.waitingForCredit, part),
      shown(rates?.rowsPerSecond, whole),
      shown(span?.now.memory, megabytes),
    ];
  });
  const stages = table(['stage', 'node', 'pid', 'busy', 'for input', 'for credit', 'rows/s', 'memory'], rows);
  const bottleneck =
    run.bottleneck === null || run.state !== 'running'
      ? ''
      : `Bottleneck: ${run.bottleneck}, which spends the least time waiting\n`;
  const { operation } = run;
  const change =
    operation === null || isOver(operation)
      ? ''
      : `Operation ${operation.id}, ${operation.state}: ${changeInWords(operation.change)}\n`;
  const notices = run.notices.slice(-3).map(({ at, sentence }) => `${at} ${sentence}\n`);
  return head + stages + bottleneck + change + notices.join('');
}

function stateOf({ state, end }: RunStatus): string {
  if (end === null) return state === 'waiting' ? 'waiting for nodes' : state;
  return 'error' in end ? `failed: ${end.error.message}` : end.result.outcome;
}
