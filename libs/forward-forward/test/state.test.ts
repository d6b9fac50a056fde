import { fold, randomKey } from '@layerline/ops';
import t from 'tap';
import { initialState, layerState, learnGraph, parametersOf } from '../src/index.js';
import type { LayerSpec, Optimizer, StateEntry } from '../src/index.js';
import { layerSpec } from './support/layer.js';

const SGD: Optimizer = { name: 'sgd', momentum: 0.9, weightDecay: 0 };
const ADAM: Optimizer = { name: 'adam', weightDecay: 0 };

function specOf(inputs: number, units: number): LayerSpec {
  return { ...layerSpec(), inputs, units };
}

function weightsOf(spec: LayerSpec, seed: number): Float32Array {
  return initialState(spec, layerState(spec)[0] as StateEntry, randomKey(seed));
}

t.test('weights come from a normal distribution of mean 0 and variance 1 / inputs', (t) => {
  const spec = specOf(784, 500);
  const weights = weightsOf(spec, 1);
  t.equal(weights.length, 784 * 500);
  const moment = (power: number): number => weights.reduce((sum, w) => sum + w ** power, 0) / weights.length;
  const mean = moment(1);
  const variance = 784 * moment(2);
  const fourth = 784 ** 2 * moment(4);
  // Five standard errors of each estimate over 392,000 draws.
  t.ok(Math.abs(mean) < 5 / Math.sqrt(784 * weights.length), `mean ${mean}`);
  t.ok(Math.abs(variance - 1) < 5 * Math.sqrt(2 / weights.length), `variance × inputs ${variance}`);
  t.ok(Math.abs(fourth - 3) < 5 * Math.sqrt(96 / weights.length), `fourth moment × inputs² ${fourth}`);
  t.end();
});

t.test('a weight depends on its unit and input, not on the width of the layer', (t) => {
  const wide = weightsOf(specOf(20, 300), 1);
  const narrow = weightsOf(specOf(20, 128), 1);
  t.same(narrow, wide.subarray(0, 20 * 128), 'the first units are the same');
  t.equal(new Set(wide).size, wide.length, 'and every weight is drawn on its own');
  t.end();
});

t.test('weights depend on the key', (t) => {
  const spec = specOf(20, 30);
  const entry = layerState(spec)[0] as StateEntry;
  t.same(weightsOf(spec, 1), weightsOf(spec, 1));
  t.notSame(weightsOf(spec, 1), weightsOf(spec, 2));
  t.notSame(weightsOf(spec, 1), initialState(spec, entry, fold(randomKey(1), 1)));
  t.end();
});

t.test('a layer keeps its parameters, the moments of its optimizer, and mean activities for peers', (t) => {
  const weights = { name: 'weights', shape: [130, 7], initial: 'random' };
  const biases = { name: 'biases', shape: [1, 130], initial: 0 };
  const zeros = (name: string, { shape }: { shape: number[] }): object => ({ name, shape, initial: 0 });
  t.strictSame(layerState(layerSpec({ optimizer: SGD })), [
    weights,
    biases,
    zeros('weights.velocity', weights),
    zeros('biases.velocity', biases),
  ]);
  const adam = [
    weights,
    biases,
    zeros('weights.first', weights),
    zeros('weights.second', weights),
    zeros('biases.first', biases),
    zeros('biases.second', biases),
  ];
  t.strictSame(layerState(layerSpec({ optimizer: ADAM })), adam);
  const peers = layerState(layerSpec({ optimizer: ADAM, peerNormalization: 0.5 }));
  t.strictSame(peers, [...adam, { name: 'meanActivity', shape: [1, 130], initial: 0.5 }]);
  t.strictSame(
    peers.slice(0, 2).map(({ name }) => name),
    [...parametersOf(layerSpec())],
  );
  t.end();
});

t.test('state that is one number everywhere starts as that', (t) => {
  const spec = layerSpec({ optimizer: ADAM, peerNormalization: 0.5 });
  for (const entry of layerState(spec).slice(1)) {
    const data = initialState(spec, entry, randomKey(1));
    t.strictSame(data, new Float32Array(entry.shape[0] * entry.shape[1]).fill(entry.initial as number), entry.name);
  }
  t.end();
});

t.test('learning reads and writes all of the state, in its own shapes', (t) => {
  for (const optimizer of [SGD, ADAM]) {
    for (const peerNormalization of [0, 0.5]) {
      const spec = layerSpec({ goodness: 'sum', optimizer, peerNormalization });
      const { nodes, inputs, outputs } = learnGraph(spec, { rows: 12, images: 12 });
      const state = layerState(spec);
      // The forward pass has read and moved on what peer normalization keeps.
      const read = (name: string): string => (name === 'meanActivity' ? 'nextMeanActivity' : name);
      for (const { name, shape } of state) {
        t.strictSame(nodes[inputs.get(read(name)) as number]?.shape, shape, `${name} in`);
        t.strictSame(nodes[outputs.get(name) as number]?.shape, shape, `${name} out`);
      }
      t.strictSame([...outputs.keys()].sort(), state.map(({ name }) => name).sort());
      const batch = ['input', 'activations', 'goodness', 'rate', 'decay', 'epsilon'];
      const peers = peerNormalization > 0 ? ['activity-sums'] : [];
      t.strictSame([...inputs.keys()].sort(), [...batch, ...peers, ...[...outputs.keys()].map(read)].sort());
    }
  }
  t.end();
});

t.test('a batch without a negative row for each positive one is refused', (t) => {
  for (const rows of [0, 1, 5]) {
    for (const peerNormalization of [0, 0.5]) {
      const spec = layerSpec({ objective: 'threshold', optimizer: SGD, peerNormalization });
      t.throws(() => learnGraph(spec, { rows, images: rows }), { code: 'ERR_GRAPH' }, `${rows} rows`);
    }
  }
  t.end();
});
