import type { StageRates } from '@layerline/api';

/** What the rule looks at of a stage. */
export type Load = Pick<StageRates, 'busy' | 'waitingForCredit'>;

/** Below this share of its time, a stage is not waiting for its consumer, but merely handing over. */
const LEAST_WAIT = 0.1;
/** A stage that is busy for less than this holds up nobody. */
const LEAST_BUSY = 0.5;
/** Two stages that are this close in how busy they are cannot be told apart. */
const LEAST_LEAD = 0.05;

/**
 * The stage that holds up a pipeline: the busiest of those whose producer waits for credit.
 * @param loads in the order of the pipeline; undefined for a stage that has not said
 * @returns its place in `loads`, or undefined where it is not clear: nobody is held up, nobody is busy, or two are equally so
 */
export function bottleneckOf(loads: readonly (Load | undefined)[]): number | undefined {
  const suspects = loads
    .flatMap((load, place) => {
      const waits = loads[place - 1]?.waitingForCredit ?? 0;
      return load !== undefined && waits >= LEAST_WAIT && load.busy >= LEAST_BUSY ? [{ place, busy: load.busy }] : [];
    })
    .sort((one, other) => other.busy - one.busy);
  const [first, second] = suspects;
  if (first === undefined) return undefined;
  return second === undefined || first.busy - second.busy >= LEAST_LEAD ? first.place : undefined;
}
