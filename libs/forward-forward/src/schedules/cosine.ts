import { schedule } from './schedule.js';

export const cosine = schedule({
  name: 'cosine',
  summary: 'half a period of a cosine, down to 0',
  formula: 'η (1 + cos(π t/T)) / 2',
  source: 'Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts',
  parameters: {},
  // To single precision, in which machines agree about a cosine.
  factor: ({ step, total }) => Math.fround((1 + Math.cos((Math.PI * step) / total)) / 2),
});
