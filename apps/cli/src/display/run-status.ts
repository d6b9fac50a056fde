import { FRESH_MS, isOver, ratesNow } from '@layerline/api';
import type { Notice, RunStatus } from '@layerline/api';
import { layerName } from '@layerline/plan';
import { changeInWords } from './change.js';
import { dateTime, megabytes, percent, threeDigits, whole } from './format.js';
import { table } from './table.js';

const MOST_NOTICES = 3;

/** Where a run stands, in lines for people: nothing in them is out of date, or true only of a run in another state. */
export function describeRun(run: RunStatus): string {
  return [
    headOf(run),
    goodnessOf(run),
    run.end === null ? stagesOf(run) : '',
    run.bottleneck === null ? '' : `Bottleneck: ${run.bottleneck}, which spends the least time waiting\n`,
    operationOf(run),
    ...noticesOf(run).map(({ at, sentence }) => `${dateTime(at)} ${sentence}\n`),
  ].join('');
}

function noticesOf({ notices, state }: RunStatus): readonly Notice[] {
  return notices.filter(({ during = state }) => during === state).slice(-MOST_NOTICES);
}

/** One line: its state, how far it has come, and its test error. */
function headOf(run: RunStatus): string {
  const share = run.imagesInAll === 0 ? 0 : run.images / run.imagesInAll;
  const error = run.testError === null ? '' : `, test error ${percent(run.testError)}`;
  return (
    `Run ${run.id}: ${stateOf(run)}, epoch ${run.epoch} of ${run.epochs} (${percent(share, 0)})${error}, ` +
    `restarts ${run.restarts}${run.exact ? '' : ', inexact'}\n`
  );
}

/** The state of a run, and how it ended. */
export function stateOf({ state, end }: Pick<RunStatus, 'state' | 'end'>): string {
  if (end === null) return state === 'waiting' ? 'waiting for nodes' : state;
  return 'error' in end ? `failed: ${end.error.message}` : end.result.outcome;
}

function goodnessOf({ layers }: RunStatus): string {
  const rows = layers.flatMap((layer, index) => {
    if (layer === null) return [];
    const { positive, negative, separation } = layer;
    return [[layerName(index), threeDigits(positive), threeDigits(negative), percent(separation, 1)]];
  });
  return rows.length === 0 ? '' : table(['goodness', 'positive', 'negative', 'separated'], rows);
}

function stagesOf(run: RunStatus): string {
  if (run.processes.length === 0) return '';
  const rows = run.processes.map(({ stage, node, pid }) => {
    const rates = ratesNow(run, stage);
    const span = run.telemetry[stage];
    const part = (share: number | undefined): string => (share === undefined ? '' : percent(share, 0));
    return [
      ...[stage, node, `${pid}`],
      ...[part(rates?.busy), part(rates?.waitingForInput), part(rates?.waitingForCredit)],
      rates === undefined ? '' : whole(rates.rowsPerSecond),
      span === undefined || span.age > FRESH_MS ? '' : megabytes(span.now.memory),
    ];
  });
  return table(['stage', 'node', 'pid', 'busy', 'for input', 'for credit', 'rows/s', 'memory'], rows);
}

function operationOf({ operation }: RunStatus): string {
  if (operation === null || isOver(operation)) return '';
  return `Operation ${operation.id}, ${operation.state}: ${changeInWords(operation.change)}\n`;
}
