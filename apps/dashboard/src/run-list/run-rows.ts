import type { RunList, RunStatus, RunSummary } from '@layerline/api';
import type { Config } from '../compare/configs.js';
import { networkOf, shareDone, standingOf } from '../run/standing.js';
import type { Standing } from '../run/standing.js';

/** A run in the list, as far as it is known. */
export interface RunRow {
  readonly id: string;
  readonly standing: Standing;
  readonly isUnderWay: boolean;
  readonly network: string | undefined;
  /** 0 … 1 */
  readonly done: number | undefined;
  /** Seconds of training still to come, at the average speed so far. */
  readonly secondsLeft: number | undefined;
  /** A fraction. */
  readonly testError: number | undefined;
  readonly trainSeconds: number | undefined;
  /** In ISO 8601. */
  readonly startedAt: string | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
  /** That it belongs to. */
  readonly group: string | undefined;
  /** Undefined where it cannot be read. */
  readonly config: Config | undefined;
}

/** Runs under way first, then those that have ended, newest first. */
export function runRowsOf({ runs, earlier, configs }: RunList): readonly RunRow[] {
  const here = runs.map((status) => hereRow(status, configs[status.id])).reverse();
  const known = new Set(here.map(({ id }) => id));
  const before = earlier.filter(({ id }) => !known.has(id)).map((summary) => earlierRow(summary, configs[summary.id]));
  before.sort((one, other) => (other.startedAt ?? '').localeCompare(one.startedAt ?? ''));
  return [...here.filter((row) => row.isUnderWay), ...here.filter((row) => !row.isUnderWay), ...before];
}

function hereRow(status: RunStatus, config: Config | undefined): RunRow {
  const { id, units, images, imagesInAll, trainSeconds, testError, end, state } = status;
  const isUnderWay = state !== 'ended';
  const canTell = state === 'running' && images > 0 && trainSeconds > 0;
  return {
    ...{ id, isUnderWay, trainSeconds },
    standing: standingOf(status),
    network: networkOf(units),
    done: shareDone(status),
    secondsLeft: canTell ? ((imagesInAll - images) * trainSeconds) / images : undefined,
    testError: testError ?? undefined,
    startedAt: undefined,
    failure: end !== null && 'error' in end ? end.error.message : undefined,
    ...{ group: groupOf(config), config },
  };
}

const EARLIER: Readonly<Record<RunSummary['state'], Standing>> = {
  running: { word: 'Under way elsewhere', mood: 'still' },
  completed: { word: 'Completed', mood: 'good' },
  stopped: { word: 'Stopped', mood: 'still' },
  failed: { word: 'Failed', mood: 'bad' },
  died: { word: 'Died', mood: 'bad' },
  damaged: { word: 'Damaged', mood: 'bad' },
};

function earlierRow({ id, state, startedAt, failure, result }: RunSummary, config: Config | undefined): RunRow {
  // As whichever version wrote it: nothing is taken for granted.
  const number = (key: string): number | undefined => {
    const value = result?.[key];
    return typeof value === 'number' ? value : undefined;
  };
  const layers = config?.['layers'];
  return {
    ...{ id, isUnderWay: false, secondsLeft: undefined, group: groupOf(config), config },
    network: Array.isArray(layers) ? networkOf(layers.map(Number)) : undefined,
    standing: EARLIER[state],
    done: state === 'completed' ? 1 : undefined,
    testError: number('testError'),
    trainSeconds: number('trainSeconds'),
    startedAt: startedAt ?? undefined,
    failure: failure ?? undefined,
  };
}

function groupOf(config: Config | undefined): string | undefined {
  const group = config?.['group'];
  return typeof group === 'string' ? group : undefined;
}
