import { duration, percent, settingValue } from '../display/format.js';
import type { Ranked } from './ranking.js';

/** A setting as a row of a table. */
export function cellsOf(
  { settings, validationError, testError, trainSeconds, trials }: Ranked,
  keys: readonly string[],
): string[] {
  const states = trials.map(({ outcome: { state, validationError: reached } }) => {
    if (state === 'completed') return undefined;
    return state === 'failed' ? 'failed' : `ended early${reached === undefined ? '' : ` at ${percent(reached)}`}`;
  });
  const odd = states.filter((state) => state !== undefined);
  return [
    ...keys.map((key) => settingValue(settings[key])),
    validationError === undefined ? '–' : percent(validationError),
    testError === undefined ? '–' : percent(testError),
    trainSeconds === undefined ? '–' : duration(trainSeconds),
    odd.length === 0 ? `${trials.length}` : [`${trials.length - odd.length} of ${trials.length}`, ...odd].join(', '),
  ];
}
