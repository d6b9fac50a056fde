import { DIGITS_SEED, knownSummary, NO_SPLIT, rowCounts } from '@layerline/datasets';
import { imagesPerScoreFrame } from '@layerline/plan';
import t from 'tap';
import { train } from '../src/contestants/layerline.js';
import { planOf } from '../src/network-plan.js';
import { parseNetwork } from '../src/network.js';
import { trafficTable } from '../src/report/shards-section.js';
import { frameTraffic, layerTraffic, sumsTraffic, trainingRows } from '../src/traffic.js';
import type { Traffic } from '../src/traffic.js';
import { recipeOf } from '../src/work.js';

const CLASSES = 10;

t.test('one wide layer: sums of 40 blocks take a fiftieth of the activations', (t) => {
  const [layer] = layerTraffic(planOf({ ...parseNetwork('784-4000'), shards: [2] }, 100));
  t.same(layer, {
    layer: 'layer-1',
    shards: 2,
    // 100 images without their labels and 200 labels, to each.
    input: 2 * (100 * 784 + 200 * 10) * 4,
    sums: 200 * 40 * 4,
    backpropagation: { forward: 100 * 4000 * 4, backward: 0 },
  });
  t.end();
});

t.test('a deep network: each shard gets all activations, and backpropagation sends gradients back', (t) => {
  const cut = { ...parseNetwork('784-2000x2'), shards: [2, 4] };
  const [, second] = layerTraffic(planOf(cut, 100));
  t.same(second, {
    layer: 'layer-2',
    shards: 4,
    // 2000 activations and a goodness.
    input: 4 * 200 * 2001 * 4,
    sums: 3 * 200 * 20 * 4,
    backpropagation: { forward: 3 * 100 * 2000 * 4, backward: 3 * 100 * 2000 * 4 },
  });
  const table = trafficTable(cut, 100);
  t.match(table, '784-2000x2 in 2 and 4 shards:');
  t.match(table, '| layer-2 | 4 | 6403.2 | 48.0 | 2400.0 | 2400.0 | 100 |');
  t.match(trafficTable(parseNetwork('784-200'), 100), '| layer-1 | 1 | 321.6 | 0.0 | 0.0 | 0.0 | – |');
  t.end();
});

t.test('a real run sends these bytes, and headers', async (t) => {
  const batch = 500;
  const network = { ...parseNetwork('784-200-300'), shards: [2, 3] };
  const reference = { name: 'digits', seed: DIGITS_SEED } as const;
  const { train: trainRows, test: testRows } = rowCounts(knownSummary('digits'), NO_SPLIT);
  const work = { network, recipe: recipeOf('sgd', 'silu'), batch, images: trainRows, data: { reference, folder: '' } };
  const { stages } = await train(work, 'pipeline', { threads: 1, 'observe-every': 0 });
  const plan = planOf(network, batch);
  // At the end, the run is evaluated.
  const images = imagesPerScoreFrame(plan);
  const score = { purpose: 'score', positive: 0, negative: 0, neutral: images * CLASSES } as const;
  t.equal(testRows % images, 0);
  const frames = [
    { rows: trainingRows(plan), count: trainRows / batch },
    { rows: score, count: testRows / images },
  ];
  const sending = frames.flatMap(({ rows, count }) => {
    return [...frameTraffic(plan, rows), ...sumsTraffic(plan, rows)].map((traffic) => ({ ...traffic, count }));
  });
  const total = (stage: string, of: (sent: Traffic) => number): number => {
    return sending.reduce((sum, sent) => sum + (sent.from === stage ? sent.count * of(sent) : 0), 0);
  };
  t.equal(stages.length, 7);
  for (const { stage, bytesSent } of stages) {
    const [numbers, messages] = [total(stage, ({ bytes }) => bytes), total(stage, () => 1)];
    const header = ((bytesSent ?? NaN) - numbers) / messages;
    if (stage === 'evaluator') t.equal(bytesSent, 0);
    else t.ok(header > 50 && header < 500, `${stage} has sent ${header} bytes a message beside ${numbers} of numbers`);
  }
});
