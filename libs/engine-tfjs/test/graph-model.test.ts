import { networkGraph } from '@layerline/forward-forward';
import type { LayerSpec, NetworkSpec } from '@layerline/forward-forward';
import { fold, GraphBuilder, normal, randomKey, runReference, sizeOf } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { io } from '@tensorflow/tfjs-core';
import t from 'tap';
import { toGraphModel } from '../src/index.js';
import type { GraphModel } from '../src/index.js';

const LAYER: LayerSpec = {
  ...{ inputs: 12, overlay: 5, units: 130, learningRate: 0.01, dropout: 0, peerNormalization: 0 },
  activation: { name: 'relu' },
  goodness: { name: 'mean' },
  normalization: { name: 'mean-square' },
  objective: { name: 'pairwise', alpha: 6 },
  optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 },
  schedule: { name: 'constant' },
};

const NETWORKS: Record<string, Partial<LayerSpec>> = {
  plain: {},
  'in uneven blocks': { goodness: { name: 'top-k', topK: 3 }, activation: { name: 'gelu' } },
  signed: { goodness: { name: 'mean-absolute' }, activation: { name: 'tanh' }, normalization: { name: 'layer-norm' } },
  read: { readout: { classes: 5, cascades: false, learningRate: 1, weightDecay: 0, dropout: 0 } },
};

/** Made-up values of a graph's inputs. */
function samplesFor(graph: Graph): Record<string, Float32Array> {
  const entries = Array.from(graph.inputs, ([name, id]) => {
    const key = fold(randomKey(7), ...Buffer.from(name));
    const size = sizeOf(graph.nodes[id]?.shape ?? [0, 0]);
    return [name, Float32Array.from({ length: size }, (_, at) => normal(key, at))] as const;
  });
  return Object.fromEntries(entries);
}

/** As a page would fetch it. */
function handlerOf({ topology, weights }: GraphModel): io.IOHandler {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(JSON.stringify(topology)) as io.ModelJSON;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  const weightData = Uint8Array.from(weights).buffer;
  return { load: async () => ({ ...rest, modelTopology, weightSpecs, weightData }) };
}

await t.test('TensorFlow.js computes what a network computes, for any number of rows', async (t) => {
  await tf.setBackend('cpu');
  for (const [name, changes] of Object.entries(NETWORKS)) {
    const first: LayerSpec = { ...LAYER, ...changes };
    const layers = [first, { ...first, inputs: first.units, overlay: 0 }];
    const isRead = first.readout !== undefined;
    const network: NetworkSpec = {
      ...{ layers, columns: 7, counted: [0, 1], standardizes: true },
      ...{ isRead, labelSquares: isRead ? 0.2 : 1 },
    };
    const { rows: _, ...parameters } = samplesFor(networkGraph(network, 2));
    const options = { parameters: new Map(Object.entries(parameters)), rows: 'rows', metadata: { classes: '[]' } };
    const model = await loadGraphModel(handlerOf(toGraphModel(networkGraph(network, 2), options)));
    for (const count of [1, 2, 5]) {
      const graph = networkGraph(network, count);
      const { rows = new Float32Array() } = samplesFor(graph);
      const want = runReference(graph, { ...parameters, rows });
      for (const output of graph.outputs.keys()) {
        const found = model.execute({ rows: tf.tensor2d(rows, [count, 7]) }, output) as tf.Tensor;
        const got = await found.data();
        t.same(found.shape, [count, 5]);
        const values = [...(want[output] ?? [])];
        const largest = Math.max(...values.map(Math.abs));
        const off = Math.max(...values.map((value, at) => Math.abs((got[at] ?? Infinity) - value))) / largest;
        t.ok(off < 1e-5, `${name}: ${output} of ${count} rows is off by ${off}`);
      }
    }
  }
});

await t.test('an operation that depends on the number of rows is refused', (t) => {
  const graph = new GraphBuilder('stacked');
  const rows = graph.input('rows', [2, 3]);
  graph.output('twice', graph.concatRows(rows, rows));
  const options = { parameters: new Map<string, Float32Array>(), rows: 'rows', metadata: {} };
  t.throws(() => toGraphModel(graph.build(), options), /concatRows depends on the number of rows/);
  t.end();
});
