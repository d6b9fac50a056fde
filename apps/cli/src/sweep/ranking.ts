import type { Trial } from './definition.js';
import type { Outcome } from './outcome.js';

/** A setting of a sweep, and what came of it with all seeds. */
export interface Ranked {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the trials that have ended, by seed. */
  readonly trials: readonly { readonly seed: number; readonly outcome: Outcome }[];
  /** Means over the seeds that were seen through to the end; undefined where none was. */
  readonly validationError: number | undefined;
  readonly testError: number | undefined;
  readonly trainSeconds: number | undefined;
}

/** The settings of a sweep: those that came to an end with all seeds first, and of these that with the least validation error. */
export function rankingOf(trials: readonly Trial[], outcomes: ReadonlyMap<string, Outcome>): Ranked[] {
  const groups = new Map<string, { settings: Trial['settings']; trials: { seed: number; outcome: Outcome }[] }>();
  for (const { id, settings, seed } of trials) {
    const outcome = outcomes.get(id);
    if (outcome === undefined) continue;
    const key = JSON.stringify(settings);
    const group = groups.get(key) ?? { settings, trials: [] };
    group.trials.push({ seed, outcome });
    groups.set(key, group);
  }
  const ranked = [...groups.values()].map((group): Ranked => {
    const whole = group.trials.filter(({ outcome }) => outcome.state === 'completed').map(({ outcome }) => outcome);
    return {
      ...group,
      validationError: meanOf(whole.map(({ validationError }) => validationError)),
      testError: meanOf(whole.map(({ testError }) => testError)),
      trainSeconds: meanOf(whole.map(({ trainSeconds }) => trainSeconds)),
    };
  });
  // What was good with all seeds comes before what was good with some.
  const isWhole = (each: Ranked): number => Number(each.trials.every(({ outcome }) => outcome.state === 'completed'));
  return ranked.sort(
    (a, b) => isWhole(b) - isWhole(a) || (a.validationError ?? Infinity) - (b.validationError ?? Infinity) || 0,
  );
}

/** The mean of numbers that are there; undefined where there is none. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const numbers = values.filter((value) => value !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
