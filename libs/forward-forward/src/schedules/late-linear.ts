import { schedule } from './schedule.js';

/** Most of the last half point of accuracy comes from the decay. */
export const lateLinear = schedule({
  name: 'late-linear',
  summary: 'constant for the first half of training, then falling linearly towards 0',
  formula: 'η min(1, 2 (1 − t/T))',
  source: "Hinton's Matlab code of 2022",
  parameters: {},
  factor: ({ step, total }) => Math.min(1, 2 * (1 - step / total)),
});
