import { OPTIMIZER_NAMES } from '@layerline/forward-forward';
import type { PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { pictures } from './support/data.js';
import { RECIPES } from './support/recipes.js';
import { overTheWire, planOf, reportsOf, train } from './support/run.js';
import type { Trained } from './support/run.js';

const DATA = pictures(80, 21);
/** Wide enough for four shards and two; blocks of 68 and of 100 units. */
const CONFIG: PartialRunConfig = { layers: [272, 200], batch: 16, epochs: 2 };
const CUTS = [
  [2, 1],
  [1, 2],
  [4, 2],
] as const;

/** All that a run's numbers decide. */
function numbersOf({ weightsSha256, reports }: Trained): unknown {
  const timeless = reports.map(({ ...report }) => JSON.parse(JSON.stringify(report, withoutTimes)) as unknown);
  return { weightsSha256, reports: timeless.filter((report) => (report as { type: string }).type !== 'progress') };
}

function withoutTimes(key: string, value: unknown): unknown {
  return /seconds$/i.test(key) ? undefined : value;
}

for (const backend of ['onnx/c-api', 'tfjs/wasm'] as const) {
  await t.test(`shards compute what whole layers do, ${backend}`, async (t) => {
    for (const [index, [name, recipe]] of RECIPES.entries()) {
      const optimizer = OPTIMIZER_NAMES[index % 2] ?? 'adam';
      const config = { ...CONFIG, optimizer, peerNormalization: 0.03, weightDecay: 1e-4, ...recipe };
      const whole = numbersOf(await train(planOf(config, 80, { backend }), DATA));
      const shards = [...(CUTS[index % CUTS.length] ?? CUTS[0])];
      const cut = await train(planOf({ ...config, shards }, 80, { backend }), DATA, overTheWire);
      t.same(numbersOf(cut), whole, `${name}, ${optimizer}, ${shards.join()}`);
    }
  });
}

await t.test('layers that learn in ways of their own', async (t) => {
  const perLayer: PartialRunConfig['perLayer'] = [
    { goodness: 'top-k', activation: 'gelu', normalization: 'layer-norm', learningRate: 0.001 },
    { objective: 'threshold', goodness: 'mean-absolute', optimizer: 'sgd', activation: 'leaky-relu' },
  ];
  const config = { ...CONFIG, perLayer };
  const whole = await train(planOf(config, 80), DATA);
  t.not(whole.weightsSha256, (await train(planOf(CONFIG, 80), DATA)).weightsSha256);
  t.same(numbersOf(await train(planOf({ ...config, shards: [3, 2] }, 80), DATA, overTheWire)), numbersOf(whole));
});

await t.test('what is seen of a cut layer is what is seen of a whole one', async (t) => {
  const look = { type: 'look', id: 3, image: 5 } as const;
  const whole = await train(planOf(CONFIG, 80), DATA, undefined, [look]);
  const cut = await train(planOf({ ...CONFIG, shards: [4, 2] }, 80), DATA, undefined, [look]);
  t.equal(cut.looks.length, 1);
  t.same(cut.looks, whole.looks);
  t.ok(reportsOf(cut.reports, 'observation').length > 0);
});

await t.test('a batch of an odd number of pairs', async (t) => {
  const config: PartialRunConfig = { ...CONFIG, objective: 'threshold', negatives: 'hybrid', batch: 7 };
  const whole = numbersOf(await train(planOf(config, 80), DATA));
  t.same(numbersOf(await train(planOf({ ...config, shards: [3, 2] }, 80), DATA)), whole);
});

await t.test('a batch of one pair, whose images make a product of one row', async (t) => {
  const config: PartialRunConfig = { ...CONFIG, batch: 1, epochs: 1 };
  const whole = numbersOf(await train(planOf(config, 30), DATA));
  t.same(numbersOf(await train(planOf({ ...config, shards: [2, 2] }, 30), DATA)), whole);
});

await t.test('single rows: batches of one labelled row, and evaluations that end with one', async (t) => {
  for (const recipe of [
    { objective: 'mono-forward', batch: 1 },
    { objective: 'mono-forward', batch: 3 },
    { readout: 'cascade', onePass: true, batch: 3, negatives: 'hard', hardEvery: 1, hardBy: 'readout', epochs: 2 },
  ] as const) {
    // 31 training rows and 25 of the test set are no multiple of six rows a frame.
    const data = pictures(31, 25);
    const config: PartialRunConfig = { ...CONFIG, epochs: 1, ...recipe };
    const whole = numbersOf(await train(planOf(config, 31), data));
    t.same(numbersOf(await train(planOf({ ...config, shards: [2, 2] }, 31), data)), whole, JSON.stringify(recipe));
  }
});
