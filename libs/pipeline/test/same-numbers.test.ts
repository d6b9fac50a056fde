import { OPTIMIZER_NAMES } from '@layerline/forward-forward';
import type { PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { pictures } from './support/data.js';
import { RECIPES } from './support/recipes.js';
import { overTheWire, planOf, reportsOf, train } from './support/run.js';
import type { Trained } from './support/run.js';

const DATA = pictures(80, 20);
const SMALL: PartialRunConfig = { layers: [24, 20], batch: 16, epochs: 2 };
/** Wide enough to be cut between threads. */
const WIDE: PartialRunConfig = { layers: [260, 180], batch: 40, epochs: 2 };

/** All that a run's numbers decide. */
function numbersOf({ weightsSha256, reports }: Trained): unknown {
  const training = reportsOf(reports, 'training').map(({ trainSeconds: _, ...report }) => report);
  const evaluations = reportsOf(reports, 'evaluation').map(
    ({ seconds: _, trainSeconds: _before, ...evaluation }) => evaluation,
  );
  return { weightsSha256, training, evaluations };
}

await t.test('runs of one plan give the same numbers, and those of others do not', async (t) => {
  const first = await train(planOf(SMALL, 80), DATA);
  t.match(first.weightsSha256, /^[0-9a-f]{64}$/);
  t.same(numbersOf(await train(planOf(SMALL, 80), DATA)), numbersOf(first), 'again');
  for (const other of [{ seed: 6 }, { alpha: 5 }, { learningRate: 0.002 }, { batch: 20 }]) {
    const { weightsSha256 } = await train(planOf({ ...SMALL, ...other }, 80), DATA);
    t.not(weightsSha256, first.weightsSha256, JSON.stringify(other));
  }
  const evaluated = await train(planOf({ ...SMALL, evalEvery: 0 }, 80), DATA);
  t.equal(evaluated.weightsSha256, first.weightsSha256, 'evaluations change nothing');
});

for (const backend of ['onnx/c-api', 'tfjs/wasm'] as const) {
  await t.test(`frames that go over the wire change nothing: ${backend}`, async (t) => {
    for (const [name, recipe] of RECIPES) {
      for (const optimizer of name.startsWith('objective') ? OPTIMIZER_NAMES : (['adam'] as const)) {
        const config = { ...SMALL, optimizer, peerNormalization: 0.03, weightDecay: 1e-4, ...recipe };
        const plan = planOf(config, 80, { backend });
        const wired = numbersOf(await train(plan, DATA, overTheWire));
        t.same(wired, numbersOf(await train(plan, DATA)), `${name}, ${optimizer}`);
      }
    }
  });
}

for (const optimizer of OPTIMIZER_NAMES) {
  await t.test(`two threads compute what one does, ${optimizer}`, async (t) => {
    const config = { ...WIDE, optimizer };
    const one = await train(planOf(config, 80), DATA);
    const two = await train(planOf(config, 80, { threads: 2 }), DATA);
    t.same(numbersOf(two), numbersOf(one));
    const wired = await train(planOf(config, 80, { threads: 2 }), DATA, overTheWire);
    t.same(numbersOf(wired), numbersOf(one), 'over the wire');
  });
}

await t.test('both ways to ONNX Runtime give the same numbers', async (t) => {
  const throughRun = await train(planOf(WIDE, 80, { backend: 'onnx/node' }), DATA);
  t.same(numbersOf(throughRun), numbersOf(await train(planOf(WIDE, 80), DATA)));
});
