import type { GoodnessName, ObjectiveName, OptimizerName } from '@layerline/forward-forward';
import { GOODNESS_NAMES, OBJECTIVE_NAMES, OPTIMIZER_NAMES } from '@layerline/forward-forward';
import type { PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { pictures } from './support/data.js';
import { planOf, reportsOf, train } from './support/run.js';

const DATA = pictures();
const EPOCHS = 12;

/**
 * α for sums of squares is smaller than for their means by about the width of the layers, so that all three kinds of
 * goodness have gradients of one size, and one learning rate.
 */
function numbersFor(objective: ObjectiveName, goodness: GoodnessName, optimizer: OptimizerName): PartialRunConfig {
  const alpha = goodness === 'mean' ? 6 : 0.06;
  const sgdRate = objective === 'threshold' ? 0.01 : 0.2;
  return { objective, goodness, optimizer, alpha, learningRate: optimizer === 'adam' ? 0.005 : sgdRate };
}

for (const objective of OBJECTIVE_NAMES) {
  for (const goodness of GOODNESS_NAMES) {
    for (const optimizer of OPTIMIZER_NAMES) {
      await t.test(`${objective}, ${goodness}, ${optimizer}: learns`, async (t) => {
        const config = { ...numbersFor(objective, goodness, optimizer), threshold: 1, momentum: 0.9 };
        const plan = planOf({ ...config, epochs: EPOCHS, evalEvery: 0 }, DATA.train.count);
        const { reports } = await train(plan, DATA);
        const epochs = reportsOf(reports, 'training').filter(({ scope }) => scope === 'epoch');
        const [first, last] = [epochs.at(0)?.layers[0], epochs.at(-1)?.layers[0]];
        t.ok((last?.separation ?? 0) > 0.95, `the first layer parts ${last?.separation} of the pairs`);
        t.ok((last?.separation ?? 0) > (first?.separation ?? 1), `and parted ${first?.separation} in the first epoch`);
        t.ok((last?.positive ?? 0) > (last?.negative ?? 0), `goodness of ${last?.positive} against ${last?.negative}`);
        t.equal(Math.sign(last?.positive ?? 0), goodness === 'negative-sum' ? -1 : 1, 'the sign of goodness');
        const [evaluation, ...others] = reportsOf(reports, 'evaluation');
        t.same(others, [], 'one evaluation, at the end');
        // Guessing is wrong for 0.9 of the images.
        t.ok((evaluation?.testError ?? 1) < 0.05, `a test error of ${evaluation?.testError}`);
        t.ok((evaluation?.perLayerError[0] ?? 1) < 0.05, `and of ${evaluation?.perLayerError[0]} by the first layer`);
      });
    }
  }
}
