import { randomUUID } from 'node:crypto';
import { isOver } from '@layerline/api';
import type { Operation } from '@layerline/api';
import { MAX_SHARDS } from '@layerline/plan';
import type { ConnectionOptions } from '../client/connection.js';
import { clientFor } from '../client/client-for.js';
import type { CoordinatorClient } from '../client/coordinator-client.js';
import { changeInWords } from '../display/change.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';
import { wholeNumber } from '../option-values.js';

/** How changes of a run's stages are asked for. */
export type ReshapeOptions = ConnectionOptions & {
  /** Wait until it is done, or has come to nothing. */
  readonly wait?: true;
  readonly json?: true;
};

/** `layerline scale RUN LAYER --shards N`. @returns the exit code: 1 where it came to nothing */
export async function scale(
  run: string,
  layer: string,
  options: ReshapeOptions & { readonly shards: string; readonly dryRun?: true },
): Promise<number> {
  const shards = wholeNumber('shards', options.shards, { from: 1, to: MAX_SHARDS });
  const client = await clientFor(run, options, options.dryRun ? 'viewer' : 'operator');
  if (options.dryRun) {
    const { change, placement, units } = await client.previewScale(run, layer, { shards });
    if (options.json) process.stdout.write(`${JSON.stringify({ change, placement, units })}\n`);
    else {
      printLine(`${changeInWords(change)}; nothing is changed`);
      const rows = Object.entries(units).map(([stage, width]) => [stage, `${width}`, placement[stage] ?? '']);
      process.stdout.write(table(['stage', 'units', 'node'], rows));
    }
    return 0;
  }
  return follow(client, run, await client.scale(run, layer, { shards, requestId: randomUUID() }), options);
}

/** `layerline move RUN STAGE --to NODE`. @returns the exit code: 1 where it came to nothing */
export async function move(
  run: string,
  stage: string,
  options: ReshapeOptions & { readonly to: string },
): Promise<number> {
  const client = await clientFor(run, options, 'operator');
  return follow(client, run, await client.move(run, stage, { node: options.to, requestId: randomUUID() }), options);
}

/** `layerline operations RUN`. @returns the exit code */
export async function operations(run: string, options: ConnectionOptions & { readonly json?: true }): Promise<number> {
  const all = await (await clientFor(run, options, 'viewer')).operations(run);
  if (options.json) process.stdout.write(`${JSON.stringify(all)}\n`);
  else if (all.length === 0) printLine('Its stages have never been changed');
  else {
    const rows = all.map(({ id, change, state, pausedSeconds, bytes, detail }) => [
      `${id}`,
      changeInWords(change),
      state,
      `${pausedSeconds.toFixed(1)} s`,
      `${(bytes / 1e6).toFixed(1)} MB`,
      detail ?? '',
    ]);
    process.stdout.write(table(['id', 'change', 'state', 'paused', 'sent', ''], rows));
  }
  return 0;
}

/** `layerline cancel RUN OPERATION`. @returns the exit code */
export async function cancel(run: string, operation: string, options: ConnectionOptions): Promise<number> {
  const id = wholeNumber('operation', operation, { from: 1, to: Number.MAX_SAFE_INTEGER });
  await (await clientFor(run, options, 'operator')).cancel(run, id);
  printLine(`Operation ${id} is cancelled`);
  return 0;
}

/**
 * Cuts a layer into other shards, and waits until that is done or has come to nothing.
 * @param say called with a line whenever the operation has come further
 */
export async function scaled(
  client: CoordinatorClient,
  run: string,
  layer: string,
  shards: number,
  say: (line: string) => void,
): Promise<Operation> {
  const begun = await client.scale(run, layer, { shards, requestId: randomUUID() });
  say(begunLine(begun));
  return untilOver(client, run, begun, say);
}

/** Says what becomes of an operation, to its end if that is to be waited for. */
async function follow(
  client: CoordinatorClient,
  run: string,
  begun: Operation,
  { wait, json }: ReshapeOptions,
): Promise<number> {
  const say = json ? () => undefined : printLine;
  say(begunLine(begun));
  const operation = wait ? await untilOver(client, run, begun, say) : begun;
  if (json) process.stdout.write(`${JSON.stringify(operation)}\n`);
  return isOver(operation) && operation.state !== 'applied' ? 1 : 0;
}

async function untilOver(
  client: CoordinatorClient,
  run: string,
  begun: Operation,
  say: (line: string) => void,
): Promise<Operation> {
  let operation = begun;
  if (isOver(operation)) return operation;
  const enough = new AbortController();
  for await (const item of client.follow(run, enough.signal)) {
    const seen = item.type === 'run' ? item.status.operation : item.type === 'operation' ? item.operation : null;
    if (seen?.id !== operation.id) continue;
    const isNews = seen.state !== operation.state || seen.detail !== operation.detail;
    operation = seen;
    if (isNews) say(progressOf(operation));
    if (isOver(operation)) enough.abort();
  }
  return operation;
}

function begunLine({ id, change }: Operation): string {
  return `Operation ${id}: ${changeInWords(change)}`;
}

function progressOf({ state, detail, pausedSeconds, bytes }: Operation): string {
  if (state === 'applied') {
    return `Applied: training paused for ${pausedSeconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB of state were sent`;
  }
  const words = { accepted: 'Accepted', waiting: 'Waiting for', snapshotting: 'Storing the state of all stages' };
  const rest = {
    moving: 'Starting the new stages',
    'rolled-back': 'Rolled back:',
    refused: 'Refused:',
    cancelled: 'Cancelled',
  };
  return [{ ...words, ...rest }[state], ...(detail === null ? [] : [detail])].join(' ');
}
