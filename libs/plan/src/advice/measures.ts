import type { Network } from '../plan.js';
import type { Machine } from '../spread.js';
import type { StagePlan } from '../topology.js';
import { estimate, waitOf } from './pace.js';
import type { Running, StageTime } from './pace.js';

/** What has been measured of a stage of a run. */
export interface StageMeasure extends StageTime {
  /** The share of its time in which it was not waiting for input or credit: 0 to 1. */
  readonly busy: number;
}

/** How a run that has been measured is set up. */
export interface Measured {
  readonly network: Network;
  readonly running: Running;
  /** The stages that have been measured. */
  readonly stages: readonly { readonly stage: StagePlan; readonly machine: Machine; readonly measure: StageMeasure }[];
}

/** As {@link estimate}, but so much more or less as what has been measured of the same layer, or end, differs from it. */
export function correctedBy({ network, running, stages }: Measured): typeof estimate {
  const known = stages.map(({ stage, machine, measure }) => ({
    key: keyOf(stage),
    found: computing(measure, waitOf(network, stage, running)),
    guessed: computing(estimate(network, stage, machine, running), waitOf(network, stage, running)),
  }));
  const total = (times: readonly StageTime[], of: keyof StageTime): number => {
    return times.reduce((sum, time) => sum + time[of], 0);
  };
  return (of, stage, machine, how) => {
    const wait = waitOf(of, stage, how);
    const same = known.filter(({ key }) => key === keyOf(stage));
    const corrected = (time: StageTime, figure: keyof StageTime): number => {
      if (same.length === 0) return time[figure];
      const [found, guessed] = [same.map((each) => each.found), same.map((each) => each.guessed)];
      return (time[figure] * total(found, figure)) / total(guessed, figure);
    };
    const guess = computing(estimate(of, stage, machine, how), wait);
    return { milliseconds: corrected(guess, 'milliseconds') + wait, processor: corrected(guess, 'processor') };
  };
}

/** A time without the wait for other shards. */
function computing({ milliseconds, processor }: StageTime, wait: number): StageTime {
  return { milliseconds: Math.max(0, milliseconds - wait), processor };
}

function keyOf({ layer, stage }: StagePlan): number | string {
  return layer ?? stage;
}
