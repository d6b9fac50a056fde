import type { Graph, GraphBuilder, Operation, Value } from '@layerline/ops';
import { runReference } from '@layerline/ops';
import { InferenceSession } from 'onnxruntime-node';
import t from 'tap';
import { openOnnxEngine } from '../src/index.js';
import { outputName, toOnnx } from '../src/model.js';
import { distance, graphOf, ONE_THREAD, samplesFor, tensorsFor } from './support/graphs.js';

const wide = (builder: GraphBuilder): Value => builder.input('x', [4, 130]);

/** A graph for each operation there is: one that is missing here does not compile. */
const GRAPHS: Record<Operation['op'], (builder: GraphBuilder) => Value> = {
  input: wide,
  identity: (builder) => builder.add(builder.input('x', [3, 5]), builder.identity([3, 5])),
  constant: (builder) => builder.constant(0.25),
  gemm: (builder) => builder.gemm(wide(builder), builder.input('w', [3, 4]), { transposeA: true, transposeB: true }),
  add: (builder) => builder.add(wide(builder), builder.input('y', [4, 1])),
  sub: (builder) => builder.sub(wide(builder), builder.input('y', [1, 130])),
  mul: (builder) => builder.mul(builder.input('y', [1, 1]), wide(builder)),
  div: (builder) => builder.div(builder.constant(3), builder.add(builder.sigmoid(wide(builder)), builder.constant(1))),
  relu: (builder) => builder.relu(wide(builder)),
  sigmoid: (builder) => builder.sigmoid(wide(builder)),
  softplus: (builder) => builder.softplus(wide(builder)),
  tanh: (builder) => builder.tanh(wide(builder)),
  sqrt: (builder) => builder.sqrt(builder.softplus(wide(builder))),
  step: (builder) => builder.step(wide(builder)),
  negate: (builder) => builder.negate(wide(builder)),
  sumRows: (builder) => builder.sumRows(wide(builder)),
  sumColumns: (builder) => builder.sumColumns(wide(builder)),
  softmax: (builder) => builder.softmax(wide(builder)),
  blockSums: (builder) => builder.blockSums(wide(builder), 128),
  blockSumSquares: (builder) => builder.blockSumSquares(wide(builder), 128),
  keepLargest: (builder) => builder.keepLargest(builder.relu(wide(builder)), 7, 100),
  sliceRows: (builder) => builder.sliceRows(wide(builder), 1, 3),
  sliceColumns: (builder) => builder.sliceColumns(wide(builder), 100, 130),
  concatRows: (builder) => builder.concatRows(wide(builder), builder.input('y', [2, 130])),
  addRepeated: (builder) => builder.addRepeated(wide(builder), builder.input('y', [2, 130])),
  sumRepeats: (builder) => builder.sumRepeats(wide(builder), 2),
};

await t.test('ONNX Runtime takes a model of every operation, and computes it', async (t) => {
  const engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  for (const [op, record] of Object.entries(GRAPHS)) {
    const graph = graphOf(op, (builder) => builder.output('y', record(builder)));
    const data = samplesFor(graph);
    const inputs = tensorsFor(engine, graph, graph.inputs, data);
    const outputs = tensorsFor(engine, graph, graph.outputs);
    await (await engine.compile(graph)).run(inputs, outputs);
    const off = distance((await outputs['y']?.read()) ?? [], runReference(graph, data)['y'] ?? []);
    t.ok(off < 1e-6, `${op} is off by ${off}`);
  }
  await engine.close();
});

await t.test('a model names its inputs and outputs as its graph does', async (t) => {
  const graph: Graph = graphOf('names', (builder) => {
    const a = builder.input('a', [2, 3]);
    const sum = builder.add(a, builder.input('v0', [2, 3]));
    builder.output('a', sum);
    builder.output('again', sum);
    builder.output('h0', a);
  });
  const session = await InferenceSession.create(toOnnx(graph));
  t.same(session.inputNames, ['a', 'v0']);
  t.same(session.outputNames, ['a', 'again', 'h0'].map(outputName));
  await session.release();
});
