import { networkGraph } from '@layerline/forward-forward';
import type { LayerSpec, NetworkSpec } from '@layerline/forward-forward';
import { runReference } from '@layerline/ops';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import t from 'tap';
import { toOnnx } from '../src/index.js';
import { distance, samplesFor, shapeOf } from './support/graphs.js';

const LAYER: LayerSpec = {
  ...{ inputs: 12, overlay: 5, units: 130, learningRate: 0.01, dropout: 0, peerNormalization: 0 },
  activation: { name: 'relu' },
  goodness: { name: 'mean' },
  normalization: { name: 'mean-square' },
  objective: { name: 'pairwise', alpha: 4 },
  optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 },
  schedule: { name: 'constant' },
};

const NETWORKS: Record<string, Partial<LayerSpec>> = {
  plain: {},
  'in uneven blocks': { goodness: { name: 'top-k', topK: 3 }, activation: { name: 'gelu' } },
  read: { readout: { classes: 5, cascades: false, learningRate: 1, weightDecay: 0, dropout: 0 } },
  'in one block': { goodness: { name: 'top-k', topK: 3 }, units: 100 },
  signed: { goodness: { name: 'mean-absolute' }, activation: { name: 'tanh' }, normalization: { name: 'layer-norm' } },
};

await t.test('a model that stands alone takes any number of rows', async (t) => {
  for (const [name, changes] of Object.entries(NETWORKS)) {
    const first: LayerSpec = { ...LAYER, ...changes };
    const layers = [first, { ...first, inputs: first.units, overlay: 0 }];
    const isRead = first.readout !== undefined;
    const network: NetworkSpec = {
      ...{ layers, columns: 7, counted: [0, 1], standardizes: true },
      ...{ isRead, labelSquares: isRead ? 0.2 : 1 },
    };
    const { rows: _, ...parameters } = samplesFor(networkGraph(network, 2));
    const bytes = toOnnx(networkGraph(network, 2), {
      parameters: new Map(Object.entries(parameters)),
      rows: 'rows',
      metadata: { classes: '[]' },
    });
    const session = await InferenceSession.create(bytes);
    t.same(session.inputNames, ['rows'], 'parameters are no inputs');
    for (const count of [1, 2, 5]) {
      const graph = networkGraph(network, count);
      const { rows } = samplesFor(graph);
      const got = await session.run({ rows: new Tensor('float32', rows as Float32Array, [count, 7]) });
      const want = runReference(graph, { ...parameters, rows: rows as Float32Array });
      for (const [output, id] of graph.outputs) {
        t.same(got[output]?.dims, shapeOf(graph, id));
        const off = distance((got[output]?.data ?? []) as Float32Array, want[output] ?? []);
        t.ok(off < 1e-5, `${name}: ${output} of ${count} rows is off by ${off}`);
      }
    }
    await session.release();
  }
});
