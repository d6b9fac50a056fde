import { knownSummary } from '@layerline/datasets';
import { parse } from '@layerline/protocol';
import t from 'tap';
import {
  applyPreset,
  imagesPerScoreFrame,
  layerName,
  linksOf,
  makePlan,
  planSchema,
  PRESETS,
  stagesOf,
  totalSteps,
} from '../src/index.js';
import type { PartialRunConfig, Plan } from '../src/index.js';

function planOf(config: PartialRunConfig, trainRows: number): Plan {
  const defaults = { layers: [130, 100], batch: 20, epochs: 1, seed: 5, evalEvery: 1 };
  return makePlan(applyPreset('quick', { ...defaults, ...config }), {
    dataset: { name: 'digits', seed: 1 },
    summary: { ...knownSummary('digits'), trainByClass: [trainRows], testRows: 60 },
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
  });
}

const CONFIG_ERROR = { name: 'ConfigError', code: 'ERR_CONFIG' };

await t.test('a plan has everything resolved, and survives JSON', (t) => {
  const plan = planOf(
    {
      layers: [300, 200],
      batch: 30,
      epochs: 4,
      optimizer: 'sgd',
      objective: 'threshold',
      goodness: 'sum',
      threshold: 2,
    },
    100,
  );
  t.same(parse(planSchema, JSON.parse(JSON.stringify(plan))), plan);
  t.equal(plan.batchesPerEpoch, 3, 'rows beyond the last whole batch are left out');
  t.equal(totalSteps(plan), 12);
  t.same(
    plan.layers.map(({ inputs, units, objective }) => [inputs, units, objective]),
    [
      [784, 300, { name: 'threshold', alpha: 1, threshold: 600 }],
      [300, 200, { name: 'threshold', alpha: 1, threshold: 400 }],
    ],
  );
  t.same(plan.layers[0]?.optimizer, { name: 'sgd', momentum: PRESETS.quick.momentum, weightDecay: 0 });
  t.same(planOf({ optimizer: 'adam' }, 100).layers[0]?.optimizer, { name: 'adam', weightDecay: 0 });
  t.end();
});

await t.test('θ is a number for each unit', (t) => {
  const thresholds = (['mean', 'sum', 'negative-sum'] as const).map(
    (goodness) => planOf({ objective: 'threshold', goodness, threshold: 0.5, layers: [40] }, 100).layers[0]?.objective,
  );
  t.match(thresholds, [{ threshold: 0.5 }, { threshold: 20 }, { threshold: -20 }]);
  t.end();
});

await t.test('what does not fit together is refused in one line', (t) => {
  const refused = (config: Parameters<typeof planOf>[0], message: RegExp): void => {
    t.throws(() => planOf(config, 100), { ...CONFIG_ERROR, message });
  };
  refused({ batch: 101 }, /^batch: 101 is larger than the 100 training images of digits$/);
  refused({ layers: [100], classifyBy: 'all-but-first' }, /^classifyBy: all-but-first/);
  refused({ layers: [100], classifyBy: [2] }, /^classifyBy: there is no layer 2: this network has 1$/);
  refused({ classifyBy: [1, 1] }, /^classifyBy: a layer is named twice$/);
  const programs = { 'layer-2': 'mine' };
  refused({ layers: [9, 9, 9], programs, classifyBy: [2] }, /^classifyBy: layer-2 is a node's own program/);
  refused({ layers: [9, 9, 9], programs, labels: 'every' }, /^programs: a node's own program has no place for labels/);
  refused({ labels: 'none' }, /^labels: negatives that are wrong are made of labels: take hybrid or self-contrastive$/);
  refused({ labels: 'none', negatives: 'hybrid', readout: 'goodness' }, /^readout: with --labels none, goodness tells/);
  refused({ objective: 'mono-forward', readout: 'goodness' }, /^readout: with mono-forward, goodness tells/);
  refused({ objective: 'mono-forward', labels: 'every' }, /^labels: mono-forward has no label among its inputs/);
  refused(
    { objective: 'mono-forward', peerNormalization: 0.1 },
    /^peerNormalization: mono-forward has no positive rows/,
  );
  refused(
    { layers: [9, 9], perLayer: [{}, { objective: 'mono-forward' }] },
    /^perLayer: mono-forward learns from other rows/,
  );
  refused({ onePass: true }, /^onePass: goodness takes a pass for each label/);
  refused({ negatives: 'hard', hardBy: 'readout' }, /^hardBy: there is no readout to rank by/);
  t.ok(planOf({ batch: 100 }, 100), 'a batch of all rows');
  t.ok(planOf({ objective: 'silu', negatives: 'hybrid' }, 100), 'hybrid negatives with pairs');
  t.ok(planOf({ layers: [100, 100], classifyBy: 'all-but-first' }, 100), 'all but the first of two');
  t.throws(
    () =>
      makePlan(
        { ...PRESETS.quick, layers: [60_000, 100], batch: 50_000 },
        {
          dataset: { name: 'digits', seed: 1 },
          summary: { ...knownSummary('digits'), trainByClass: [60_000], testRows: 10_000 },
          engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
        },
      ),
    { ...CONFIG_ERROR, message: /^batch: .*layer-1/ },
    'frames that no link carries',
  );
  t.end();
});

await t.test('the stages of a plan are its layers between feeder and evaluator', (t) => {
  const stages = stagesOf(planOf({ layers: [10, 20, 30] }, 100));
  t.same(
    stages.map(({ stage, role }) => [stage, role]),
    [
      ['feeder', 'feeder'],
      ['layer-1', 'layer'],
      ['layer-2', 'layer'],
      ['layer-3', 'layer'],
      ['evaluator', 'evaluator'],
    ],
  );
  t.equal(layerName(2), 'layer-3');
  t.same(
    linksOf(planOf({ layers: [10, 20, 30] }, 100)).map(({ from, to }) => [from, to]),
    stages.slice(1).map(({ stage }, index) => [stages[index]?.stage, stage]),
  );
  t.end();
});

await t.test('score frames have about as many rows as training frames', (t) => {
  const images = (batch: number): number => imagesPerScoreFrame(planOf({ batch }, 100));
  t.same([1, 4, 5, 9, 10, 100].map(images), [1, 1, 1, 1, 2, 20]);
  t.end();
});
