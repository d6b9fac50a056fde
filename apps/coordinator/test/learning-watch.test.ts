import type { RunEvent } from '@layerline/api';
import { knownSummary } from '@layerline/datasets';
import { applyPreset, makePlan } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import t from 'tap';
import { concernsOf, watchLearning } from '../src/learning-watch.js';

function planOf(goodness: 'mean' | 'sum'): Plan {
  return makePlan(applyPreset('quick', { layers: [100, 100], goodness }), {
    dataset: { name: 'digits', seed: 1 },
    summary: knownSummary('digits'),
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
  });
}

/** What two layers show, the second as usual. */
function observed(mean: number, silentUnits: number): RunEvent {
  const rows = { count: 10, mean, deviation: 1, deciles: [], histogram: { first: 0, counts: [] } };
  const layer = { positive: rows, negative: rows, separation: 1, pairwiseError: 0, loss: 0, silentUnits };
  const norms = { weightNorm: 1, updateNorm: 1, learningRate: 0.1 };
  const usual = {
    ...layer,
    ...norms,
    positive: { ...rows, mean: 5 },
    negative: { ...rows, mean: 4 },
    silentUnits: 0.3,
  };
  const layers = [{ ...layer, ...norms }, usual];
  return { type: 'observation', id: '1.1.1', at: '', step: 1, epoch: 1, trainSeconds: 1, layers };
}

function evaluated(testError: number): RunEvent {
  const times = { trainSeconds: 1, seconds: 1 };
  return { type: 'evaluation', id: '1.1.1', at: '', epoch: 1, ...times, testError, perLayerError: [] };
}

const keys = (event: RunEvent, goodness: 'mean' | 'sum' = 'mean'): string[] =>
  concernsOf(event, planOf(goodness)).map(({ key }) => key);

t.test('layers that learn are no concern, and those that run away or go silent are', (t) => {
  t.same(keys(observed(5, 0.3)), []);
  t.same(keys(observed(50, 0.89)), []);
  t.same(keys(observed(2000, 0)), ['exploded layer-1']);
  t.same(keys(observed(-1e9, 0.95)), ['exploded layer-1', 'silent layer-1']);
  t.same(keys(observed(2000, 0), 'sum'), [], 'of a sum, goodness is as large as the layer is wide');
  t.same(keys(observed(200_000, 0), 'sum'), ['exploded layer-1']);
  t.same(keys(observed(0, 1)), ['silent layer-1']);
  t.end();
});

t.test('an error like that of guessing is a concern', (t) => {
  t.same(keys(evaluated(0.84)), []);
  t.same(keys(evaluated(0.9)), ['guessing']);
  t.match(
    concernsOf(evaluated(0.901), planOf('mean'))[0]?.sentence,
    /^The network guesses: its test error is 90.1 %, and/,
  );
  t.end();
});

t.test('a run says each of them once, after what it says it of', async (t) => {
  const heard: string[] = [];
  const listeners: ((event: RunEvent) => void)[] = [];
  const events = {
    subscribe: (listener: (event: RunEvent) => void) => void listeners.push(listener),
    emit: (event: { readonly type: 'notice'; readonly sentence: string }) =>
      void heard.push(event.sentence.slice(0, 24)),
  };
  watchLearning({ plan: planOf('mean'), events });
  events.subscribe(({ type }) => void heard.push(type));
  for (const event of [observed(1e6, 0), observed(1e6, 0.99), evaluated(0.9), evaluated(0.9)]) {
    for (const listener of listeners) listener(event);
    await Promise.resolve();
  }
  t.same(
    heard,
    [
      ...['observation', 'layer-1 has run away: its', 'observation', 'layer-1 has gone silent: '],
      ...['evaluation', 'The network guesses: its', 'evaluation'],
    ].map((text) => text.slice(0, 24)),
  );
});
