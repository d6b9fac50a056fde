import { runReference } from '@layerline/ops';
import type { Graph, GraphBuilder } from '@layerline/ops';
import t from 'tap';
import { safeInPlace } from '../src/aliasing.js';
import { openOnnxEngine } from '../src/index.js';
import { distance, graphOf, ONE_THREAD, samplesFor, tensorsFor } from './support/graphs.js';

/** A graph that reads `w` and computes a new `w`, and whether the new one may overwrite the old one. */
interface Case {
  readonly name: string;
  readonly safe: boolean;
  readonly graph: Graph;
}

const SIZE = 48;

function update(name: string, safe: boolean, record: (builder: GraphBuilder) => void): Case {
  return { name, safe, graph: graphOf(name, record) };
}

const matrix = (builder: GraphBuilder, name: string) => builder.input(name, [SIZE, SIZE]);

const CASES: readonly Case[] = [
  update('an elementwise operation on the whole of it', true, (builder) => {
    builder.output('w', builder.sub(matrix(builder, 'w'), matrix(builder, 'x')));
  }),
  update('an elementwise operation on itself twice', true, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.mul(w, w));
  }),
  update('c of a product', true, (builder) => {
    const [x, y] = [matrix(builder, 'x'), matrix(builder, 'y')];
    builder.output('w', builder.gemm(x, y, { c: matrix(builder, 'w'), beta: 0.9, transposeA: true }));
  }),
  update('a bias of a product with one row', true, (builder) => {
    const bias = builder.input('w', [1, SIZE]);
    builder.output('w', builder.gemm(builder.input('x', [1, SIZE]), matrix(builder, 'y'), { c: bias }));
  }),
  update('an operation on what was made of it', true, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.relu(builder.gemm(matrix(builder, 'x'), w)));
  }),
  update('the same, as the first operand', true, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.relu(builder.gemm(w, matrix(builder, 'x'))));
  }),
  update('its own mean, which is stretched over it', false, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.sub(w, builder.scale(builder.sumRows(w), 1 / SIZE)));
  }),
  update('nothing but itself', true, (builder) => {
    builder.output('w', matrix(builder, 'w'));
  }),
  update('an output that does not read it', true, (builder) => {
    const x = matrix(builder, 'x');
    builder.output('w', builder.add(builder.add(matrix(builder, 'w'), x), x));
  }),
  update('the first operand of a product', false, (builder) => {
    builder.output('w', builder.gemm(matrix(builder, 'w'), matrix(builder, 'x')));
  }),
  update('the second operand of a product', false, (builder) => {
    builder.output('w', builder.gemm(matrix(builder, 'x'), matrix(builder, 'w')));
  }),
  update('a product with c that is an operand as well', false, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.gemm(w, matrix(builder, 'x'), { c: w, beta: 0.5 }));
  }),
  update('a broadcast', false, (builder) => {
    builder.output('w', builder.mul(matrix(builder, 'w'), builder.input('x', [1, SIZE])));
  }),
  update('another output that reads it', false, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.add(w, matrix(builder, 'x')));
    builder.output('sum', builder.sumRows(w));
  }),
  update('another output that reads it before', false, (builder) => {
    const [w, x] = [matrix(builder, 'w'), matrix(builder, 'x')];
    builder.output('product', builder.gemm(x, w, { transposeA: true }));
    builder.output('w', builder.add(w, x));
  }),
  update('another output that it is', false, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('w', builder.add(w, matrix(builder, 'x')));
    builder.output('old', w);
  }),
  update('another output that it is, first', false, (builder) => {
    const w = matrix(builder, 'w');
    builder.output('old', w);
    builder.output('w', builder.mul(w, w));
  }),
];

await t.test('what may be computed in place is distinguished from what may not', (t) => {
  for (const { name, safe, graph } of CASES) {
    const [input, output] = [graph.inputs.get('w'), graph.outputs.get('w')];
    t.equal(safeInPlace(graph, input as number, output as number), safe, name);
  }
  t.end();
});

await t.test('an output never overwrites an input that another one reads', (t) => {
  const graph = graphOf('crossed', (builder) => {
    const [a, b] = [matrix(builder, 'a'), matrix(builder, 'b')];
    builder.output('x', builder.add(a, b));
    builder.output('y', builder.sub(a, b));
  });
  for (const input of graph.inputs.values()) {
    for (const output of graph.outputs.values()) t.equal(safeInPlace(graph, input, output), false);
  }
  t.end();
});

for (const backend of ['c-api', 'node'] as const) {
  await t.test(`updates in place give the reference's numbers, ${backend}`, async (t) => {
    const engine = await openOnnxEngine(ONE_THREAD, backend);
    for (const { name, graph } of CASES) {
      const data = samplesFor(graph);
      const want = runReference(graph, data);
      const inputs = tensorsFor(engine, graph, graph.inputs, data);
      const outputs = { ...tensorsFor(engine, graph, graph.outputs), ...(inputs['w'] && { w: inputs['w'] }) };
      const compiled = await engine.compile(graph);
      await compiled.run(inputs, outputs);
      for (const [output, tensor] of Object.entries(outputs)) {
        const off = distance(await tensor.read(), want[output] ?? []);
        t.ok(off < 1e-5, `${name}: "${output}" is off by ${off}`);
      }
    }
    await engine.close();
  });
}
