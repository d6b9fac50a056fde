import t from 'tap';
import { GraphBuilder, GraphError, sameShape, sizeOf } from '../src/index.js';
import type { Shape, Value } from '../src/index.js';

/** A builder with one input of each shape, named a, b, c, … */
function over(...shapes: readonly Shape[]): { readonly graph: GraphBuilder; readonly values: readonly Value[] } {
  const graph = new GraphBuilder('test');
  return { graph, values: shapes.map((shape, index) => graph.input('abc'.charAt(index), shape)) };
}

function graphError(message: RegExp): { name: string; code: string; message: RegExp } {
  return { name: 'GraphError', code: 'ERR_GRAPH', message };
}

t.test('elementwise operations broadcast rows, columns and scalars, on either side', (t) => {
  const cases: readonly [Shape, Shape, Shape][] = [
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [2, 1],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 1],
      [2, 3],
    ],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
  ];
  for (const [shapeA, shapeB, result] of cases) {
    for (const op of ['add', 'sub', 'mul', 'div'] as const) {
      const { graph, values } = over(shapeA, shapeB);
      const [a, b] = values as [Value, Value];
      t.same(graph[op](a, b).shape, result, `${op} ${shapeA} with ${shapeB}`);
      t.same(graph[op](b, a).shape, result, `${op} ${shapeB} with ${shapeA}`);
    }
  }
  t.end();
});

t.test('shapes that broadcast nowhere are refused with both of them', (t) => {
  const cases: readonly [Shape, Shape][] = [
    [
      [2, 3],
      [3, 2],
    ],
    [
      [2, 3],
      [2, 2],
    ],
    [
      [2, 3],
      [3, 1],
    ],
    [
      [2, 3],
      [1, 2],
    ],
  ];
  for (const [shapeA, shapeB] of cases) {
    const { graph, values } = over(shapeA, shapeB);
    const [a, b] = values as [Value, Value];
    const [left, right] = [shapeA, shapeB].map((shape) => shape.join(' × '));
    t.throws(
      () => graph.mul(a, b),
      graphError(new RegExp(`^Graph "test" cannot mul a ${left} matrix with a ${right}`)),
    );
  }
  t.end();
});

t.test('gemm takes its rows from a and its columns from b, or the other way round from transposed ones', (t) => {
  const { graph, values } = over([2, 3], [3, 5], [2, 7]);
  const [a, b, c] = values as [Value, Value, Value];
  t.same(graph.gemm(a, b).shape, [2, 5]);
  t.same(graph.gemm(a, c, { transposeA: true }).shape, [3, 7]);
  t.same(graph.gemm(a, a, { transposeB: true }).shape, [2, 2]);
  t.same(graph.gemm(b, a, { transposeA: true, transposeB: true }).shape, [5, 2]);
  t.throws(() => graph.gemm(a, b, { transposeB: true }), graphError(/cannot gemm \(transposeB\) a 2 × 3 matrix/));
  t.throws(
    () => graph.gemm(a, b, { transposeA: true, transposeB: true }),
    graphError(/cannot gemm \(transposeA, transposeB\) a 2 × 3 matrix with a 3 × 5 one/),
  );
  t.throws(() => graph.gemm(b, a), graphError(/cannot gemm a 3 × 5 matrix with a 2 × 3 one/));
  t.throws(() => graph.gemm(a, b, { transposeA: true }), graphError(/cannot gemm \(transposeA\) a 2 × 3 matrix/));
  t.end();
});

t.test('gemm adds a matrix of its own shape times any beta, or a bias row with beta 1', (t) => {
  const { graph, values } = over([2, 3], [3, 5]);
  const [a, b] = values as [Value, Value];
  const whole = graph.input('whole', [2, 5]);
  const bias = graph.input('bias', [1, 5]);
  t.same(graph.gemm(a, b, { c: whole, beta: 0.5 }).shape, [2, 5]);
  t.same(graph.gemm(a, b, { c: bias }).shape, [2, 5]);
  t.throws(
    () => graph.gemm(a, b, { c: bias, beta: 0.5 }),
    graphError(/beta 0\.5 and a 1 × 5 c; c can be 2 × 5, or 1 × 5/),
  );
  for (const shape of [
    [2, 1],
    [1, 1],
    [5, 2],
    [3, 5],
  ] as const) {
    const c = graph.input(`c of ${shape}`, shape);
    t.throws(() => graph.gemm(a, b, { c }), graphError(new RegExp(`a ${shape[0]} × ${shape[1]} c`)), `${shape}`);
  }
  t.end();
});

t.test('a single row takes a c of its own shape with any beta', (t) => {
  const { graph, values } = over([1, 3], [3, 5], [1, 5]);
  const [a, b, c] = values as [Value, Value, Value];
  t.same(graph.gemm(a, b, { c, beta: 0.9 }).shape, [1, 5]);
  t.end();
});

t.test('reductions, blocks and rows have the shapes they say', (t) => {
  const { graph, values } = over([4, 10], [2, 10]);
  const [a, b] = values as [Value, Value];
  t.same(graph.sumRows(a).shape, [1, 10]);
  t.same(graph.sumColumns(a).shape, [4, 1]);
  t.same(graph.blockSumSquares(a, 4).shape, [4, 3], 'a last block that is not full counts');
  t.same(graph.blockSumSquares(a, 5).shape, [4, 2]);
  t.same(graph.blockSumSquares(a, 128).shape, [4, 1]);
  t.same(graph.blockSums(a, 4).shape, [4, 3]);
  t.same(graph.keepLargest(a, 2, 4).shape, [4, 10]);
  t.same(graph.sliceRows(a, 1, 3).shape, [2, 10]);
  t.same(graph.sliceRows(a, 0, 4).shape, [4, 10]);
  t.same(graph.sliceColumns(a, 7, 10).shape, [4, 3]);
  t.same(graph.concatRows(a, b).shape, [6, 10]);
  for (const unary of ['relu', 'sigmoid', 'softplus', 'tanh', 'sqrt', 'step', 'negate'] as const) {
    t.same(graph[unary](a).shape, [4, 10], unary);
  }
  t.end();
});

t.test('rows that are not there, or not whole, are refused', (t) => {
  const { graph, values } = over([4, 10]);
  const [a] = values as [Value];
  for (const [start, end] of [
    [-1, 2],
    [0, 5],
    [2, 2],
    [3, 1],
    [0, 2.5],
    [0.5, 1.5],
  ] as const) {
    t.throws(() => graph.sliceRows(a, start, end), { name: 'GraphError', code: 'ERR_GRAPH' }, `${start} to ${end}`);
  }
  t.throws(() => graph.sliceRows(a, 0, 5), graphError(/cannot slice rows 0 to 5 of a 4 × 10 matrix/));
  t.throws(() => graph.sliceColumns(a, 0, 11), graphError(/cannot slice columns 0 to 11 of a 4 × 10 matrix/));
  t.throws(() => graph.concatRows(a, graph.input('narrow', [4, 9])), graphError(/cannot concatRows a 4 × 10 matrix/));
  t.end();
});

t.test('the largest of a block are as many as it may have', (t) => {
  const { graph, values } = over([4, 10]);
  const [a] = values as [Value];
  for (const count of [0, -1, 1.5, 5]) {
    t.throws(() => graph.keepLargest(a, count, 4), graphError(/cannot keep the .* largest of 4 columns/), `${count}`);
  }
  t.end();
});

t.test('sizes are integers above 0', (t) => {
  for (const shape of [
    [0, 3],
    [3, 0],
    [-1, 3],
    [1.5, 3],
    [3, NaN],
    [Infinity, 1],
  ] as const) {
    t.throws(() => over(shape), graphError(/gives input the shape .*; sizes are integers above 0/), `${shape}`);
  }
  const { graph, values } = over([4, 10]);
  t.throws(
    () => graph.blockSumSquares(values[0] as Value, 0),
    graphError(/gives blockSumSquares the shape 4 × Infinity/),
  );
  t.end();
});

t.test('scale by 1 is the value itself', (t) => {
  const { graph, values } = over([2, 2]);
  const [a] = values as [Value];
  t.equal(graph.scale(a, 1), a);
  t.not(graph.scale(a, 2).id, a.id);
  t.end();
});

t.test('names are used once, and a graph has an output', (t) => {
  const { graph, values } = over([2, 2]);
  const [a] = values as [Value];
  t.throws(() => graph.input('a', [2, 2]), graphError(/^Graph "test" has two inputs named "a"$/));
  t.throws(() => graph.build(), graphError(/^Graph "test" has no output$/));
  graph.output('result', a);
  t.throws(() => graph.output('result', a), graphError(/^Graph "test" has two outputs named "result"$/));
  t.end();
});

t.test('a built graph lists its nodes in order and no longer changes', (t) => {
  const { graph, values } = over([2, 3], [3, 2]);
  const [a, b] = values as [Value, Value];
  const product = graph.gemm(a, b);
  graph.output('product', product);
  const built = graph.build();
  t.equal(built.name, 'test');
  t.same(
    built.nodes.map(({ operation, shape }) => [operation.op, shape]),
    [
      ['input', [2, 3]],
      ['input', [3, 2]],
      ['gemm', [2, 2]],
    ],
  );
  t.same(
    [...built.inputs],
    [
      ['a', a.id],
      ['b', b.id],
    ],
  );
  t.same([...built.outputs], [['product', product.id]]);
  graph.output('late', graph.relu(product));
  t.equal(built.nodes.length, 3);
  t.equal(built.outputs.size, 1);
  t.end();
});

t.test('sizeOf and sameShape', (t) => {
  t.equal(sizeOf([3, 4]), 12);
  t.ok(sameShape([3, 4], [3, 4]));
  t.notOk(sameShape([3, 4], [4, 3]));
  t.ok(new GraphError('g', 'is wrong') instanceof Error);
  t.end();
});
