import type { RunList, RunStatus, RunSummary } from '@layerline/api';
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
}

/** Runs under way first, then those that have ended, newest first. */
export function runRowsOf({ runs, earlier }: RunList): readonly RunRow[] {
  const here = runs.map(hereRow).reverse();
  const known = new Set(here.map(({ id }) => id));
  const before = earlier.filter(({ id }) => !known.has(id)).map(earlierRow);
  before.sort((one, other) => (other.startedAt ?? '').localeCompare(one.startedAt ?? ''));
  return [...here.filter((row) => row.isUnderWay), ...here.filter((row) => !row.isUnderWay), ...before];
}

function hereRow(status: RunStatus): RunRow {
  const { id, units, images, imagesInAll, trainSeconds, testError, end, state } = status;
  const isUnderWay = state !== 'ended';
  const canTell = isUnderWay && images > 0 && trainSeconds > 0;
  return {
    ...{ id, isUnderWay, trainSeconds },
    standing: standingOf(status),
    network: networkOf(units),
    done: shareDone(status),
    secondsLeft: canTell ? ((imagesInAll - images) * trainSeconds) / images : undefined,
    testError: testError ?? undefined,
    startedAt: undefined,
    failure: end !== null && 'error' in end ? end.error.message : undefined,
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

function earlierRow({ id, state, startedAt, failure, result }: RunSummary): RunRow {
  // As whichever version wrote it: nothing is taken for granted.
  const number = (key: string): number | undefined => {
    const value = result?.[key];
    return typeof value === 'number' ? value : undefined;
  };
  return {
    ...{ id, isUnderWay: false, network: undefined, secondsLeft: undefined },
    standing: EARLIER[state],
    done: state === 'completed' ? 1 : undefined,
    testError: number('testError'),
    trainSeconds: number('trainSeconds'),
    startedAt: startedAt ?? undefined,
    failure: failure ?? undefined,
  };
}
