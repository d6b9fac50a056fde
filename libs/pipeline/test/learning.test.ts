import {
  ACTIVATION_NAMES,
  GOODNESS_NAMES,
  goodnessOf,
  NORMALIZATION_NAMES,
  OBJECTIVE_NAMES,
  objectiveOf,
  OPTIMIZER_NAMES,
} from '@layerline/forward-forward';
import type { PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { pictures } from './support/data.js';
import { planOf, reportsOf, train } from './support/run.js';

const DATA = pictures();
const EPOCHS = 12;

/**
 * α for sums of squares is smaller than for their means by about the width of the layers, so that every goodness has gradients
 * of one size, and one learning rate.
 */
function numbersFor(given: PartialRunConfig): PartialRunConfig {
  const { objective = 'silu', goodness = 'mean', optimizer = 'adam' } = given;
  const alpha = goodnessOf(goodness).scale === 'unit' ? 6 : 0.06;
  // The goodness of a few units has larger gradients in each of them.
  const sgdRate = objective !== 'threshold' ? 0.2 : goodness === 'top-k' ? 0.003 : 0.01;
  return { ...given, alpha, momentum: 0.9, learningRate: optimizer === 'adam' ? 0.005 : sgdRate };
}

/** Every objective with every goodness and optimizer, and every other module. */
const CONFIGS: readonly PartialRunConfig[] = [
  ...OBJECTIVE_NAMES.filter((name) => objectiveOf(name).rows === 'pairs').flatMap((objective) => {
    return GOODNESS_NAMES.flatMap((goodness) =>
      OPTIMIZER_NAMES.map((optimizer) => ({ objective, goodness, optimizer })),
    );
  }),
  ...ACTIVATION_NAMES.map((activation) => ({ activation })),
  ...NORMALIZATION_NAMES.map((normalization) => ({ normalization })),
];

for (const given of CONFIGS) {
  const { objective, goodness, optimizer, activation, normalization } = given;
  const names = [objective, goodness, optimizer, activation, normalization].filter((name) => name !== undefined);
  await t.test(`${names.join(', ')}: learns`, async (t) => {
    const config = numbersFor(given);
    const plan = planOf({ ...config, epochs: EPOCHS, evalEvery: 0 }, DATA.train.count);
    const { reports } = await train(plan, DATA);
    const epochs = reportsOf(reports, 'training').filter(({ scope }) => scope === 'epoch');
    const [first, last] = [epochs.at(0)?.layers[0], epochs.at(-1)?.layers[0]];
    t.ok((last?.separation ?? 0) > 0.95, `the first layer parts ${last?.separation} of the pairs`);
    t.ok((last?.separation ?? 0) > (first?.separation ?? 1), `and parted ${first?.separation} in the first epoch`);
    t.ok((last?.positive ?? 0) > (last?.negative ?? 0), `goodness of ${last?.positive} against ${last?.negative}`);
    t.equal(Math.sign(last?.positive ?? 0), goodnessOf(given.goodness ?? 'mean').sign, 'the sign of goodness');
    const [evaluation, ...others] = reportsOf(reports, 'evaluation');
    t.same(others, [], 'one evaluation, at the end');
    // Guessing is wrong for 0.9 of the images.
    t.ok((evaluation?.testError ?? 1) < 0.05, `a test error of ${evaluation?.testError}`);
    t.ok((evaluation?.perLayerError[0] ?? 1) < 0.05, `and of ${evaluation?.perLayerError[0]} by the first layer`);
  });
}
