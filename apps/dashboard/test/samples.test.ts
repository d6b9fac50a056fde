import type { RunEvent } from '@layerline/api';
import { LAYER_MEASURES, VALIDATION_ERROR } from '@layerline/api/measures';
import t from 'tap';
import { CHART_GROUPS } from '../src/charts/groups.js';
import { samplesOf, seriesNames } from '../src/charts/samples.js';

const SUMMARY = {
  count: 10,
  mean: 2.5,
  deviation: 0.5,
  deciles: Array<number>(9).fill(1),
  histogram: { first: 0, counts: [] },
};
const LAYER = {
  ...{ positive: SUMMARY, negative: { ...SUMMARY, mean: 0.5 }, separation: 0.9, pairwiseError: 0.1, loss: 0.3 },
  ...{ silentUnits: 0.02, weightNorm: 30, updateNorm: 0.1, learningRate: 0.001 },
};
const ENVELOPE = { id: '1.1.1', at: '2026-11-30T10:00:00.000Z', step: 600, epoch: 1, trainSeconds: 4.5 };

t.test('an observation adds a point to each series of each layer that learns', async (t) => {
  const event: RunEvent = { type: 'observation', ...ENVELOPE, layers: [LAYER, null, LAYER] };
  const samples = samplesOf(event);
  t.equal(samples.length, 2 * LAYER_MEASURES.length);
  const loss = samples.find(({ name }) => name === 'layer-3/loss');
  t.strictSame(loss, {
    name: 'layer-3/loss',
    step: 600,
    at: Date.UTC(2026, 10, 30, 10),
    trainSeconds: 4.5,
    value: 0.3,
  });
  t.equal(samples.find(({ name }) => name === 'layer-1/positive-goodness')?.value, 2.5);
  t.equal(
    samples.some(({ name }) => name.startsWith('layer-2')),
    false,
  );
});

t.test("an evaluation adds the run's test error and its layers'", async (t) => {
  const event: RunEvent = { type: 'evaluation', ...ENVELOPE, testError: 0.04, perLayerError: [0.06, null], seconds: 1 };
  t.strictSame(
    samplesOf(event).map(({ name, value }) => [name, value]),
    [
      ['test-error', 0.04],
      ['layer-1/test-error', 0.06],
    ],
  );
  t.strictSame(samplesOf({ type: 'state', id: '1.1.2', at: ENVELOPE.at, state: 'paused' }), []);
});

t.test('every series of a run has a chart', async (t) => {
  const kinds = CHART_GROUPS.flatMap(({ charts }) => charts.map(({ name }) => name));
  t.equal(new Set(kinds).size, kinds.length, 'one');
  // Drawn on the chart of the test error.
  const drawn = [...kinds, VALIDATION_ERROR.name];
  for (const name of seriesNames(2)) t.ok(drawn.includes(name.replace(/^layer-\d+\//, '')), name);
  t.equal(seriesNames(2).length, 2 + 2 * (LAYER_MEASURES.length + 1));
});
