import { schedule } from './schedule.js';

export const constant = schedule({
  name: 'constant',
  summary: 'the same all along',
  formula: 'η',
  source: 'stochastic approximation without a schedule',
  parameters: {},
  factor: () => 1,
});
