import { schedule } from './schedule.js';

export const steps = schedule({
  name: 'steps',
  summary: 'multiplied by a factor every so many epochs',
  formula: 'η f^⌊e/n⌋ in epoch e, counted from 0',
  source: 'step decay, as of Krizhevsky, Sutskever and Hinton 2012',
  parameters: {
    decayEvery: {
      help: 'epochs between two steps down of the rate',
      symbol: 'n',
      range: { from: 1, isWhole: true },
      default: { unit: 10, layer: 10 },
    },
    decayBy: {
      help: 'what each step down multiplies the rate by',
      symbol: 'f',
      range: { above: 0, to: 1 },
      default: { unit: 0.5, layer: 0.5 },
    },
  },
  factor: ({ step, stepsPerEpoch }, { decayEvery, decayBy }) => {
    let factor = 1;
    // Not a power, whose last bits depend on the machine.
    for (let down = Math.floor(step / (stepsPerEpoch * decayEvery)); down > 0; down--) factor *= decayBy;
    return factor;
  },
});
