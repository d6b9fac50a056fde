import t from 'tap';
import { GraphBuilder, runReference } from '../src/index.js';
import type { Value } from '../src/index.js';

type Matrix = readonly (readonly number[])[];

/** Runs what `record` makes of the given matrices. */
function run(record: (graph: GraphBuilder, ...values: Value[]) => Value, ...matrices: readonly Matrix[]): number[][] {
  const graph = new GraphBuilder('test');
  const inputs: Record<string, number[]> = {};
  const values = matrices.map((matrix, index) => {
    inputs[`input ${index}`] = matrix.flat();
    return graph.input(`input ${index}`, [matrix.length, matrix[0]?.length ?? 0]);
  });
  const result = record(graph, ...values);
  graph.output('result', result);
  const data = runReference(graph.build(), inputs)['result'] as Float64Array;
  const [rows, columns] = result.shape;
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
}

const A = [
  [1, -2, 3],
  [-4, 5, -6],
];
const B = [
  [10, 20, 30],
  [40, 50, 60],
];

t.test('gemm', (t) => {
  const right = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  t.same(
    run((g, a, b) => g.gemm(a, b), A, right),
    [
      [10, 12],
      [-19, -24],
    ],
  );
  const sums = run((g, a, b) => g.gemm(a, b, { transposeA: true }), A, [
    [1, 2],
    [3, 4],
  ]);
  t.same(sums, [
    [-11, -14],
    [13, 16],
    [-15, -18],
  ]);
  const rowByRow = run((g, a, b) => g.gemm(a, b, { transposeB: true }), A, B);
  t.same(rowByRow, [
    [60, 120],
    [-120, -270],
  ]);
  const bothTransposed = run((g, a, b) => g.gemm(a, b, { transposeA: true, transposeB: true }), right, B);
  t.same(bothTransposed, [
    [220, 490],
    [280, 640],
  ]);
  const added = run((g, a, b, c) => g.gemm(a, b, { c, beta: 0.5 }), A, right, [
    [2, 4],
    [6, 8],
  ]);
  t.same(added, [
    [11, 14],
    [-16, -20],
  ]);
  const biased = run((g, a, b, c) => g.gemm(a, b, { c }), A, right, [[100, 200]]);
  t.same(biased, [
    [110, 212],
    [81, 176],
  ]);
  const both = run(
    (g, a, b, c) => g.gemm(a, b, { c, beta: 2, transposeA: true }),
    [[1], [2]],
    [
      [3, 4],
      [5, 6],
    ],
    [[7, 8]],
  );
  t.same(both, [[27, 32]]);
  t.end();
});

t.test('elementwise with two operands of one shape', (t) => {
  t.same(
    run((g, a, b) => g.add(a, b), A, B),
    [
      [11, 18, 33],
      [36, 55, 54],
    ],
  );
  t.same(
    run((g, a, b) => g.sub(a, b), A, B),
    [
      [-9, -22, -27],
      [-44, -45, -66],
    ],
  );
  t.same(
    run((g, a, b) => g.mul(a, b), A, B),
    [
      [10, -40, 90],
      [-160, 250, -360],
    ],
  );
  t.same(
    run((g, a, b) => g.div(b, a), A, B),
    [
      [10, -10, 10],
      [-10, 10, -10],
    ],
  );
  t.end();
});

t.test('elementwise with broadcasting', (t) => {
  t.same(
    run((g, a, b) => g.sub(a, b), A, [[1, 2, 3]]),
    [
      [0, -4, 0],
      [-5, 3, -9],
    ],
    'a row below',
  );
  t.same(
    run((g, a, b) => g.sub(b, a), A, [[1, 2, 3]]),
    [
      [0, 4, 0],
      [5, -3, 9],
    ],
    'a row on the left',
  );
  t.same(
    run((g, a, b) => g.mul(a, b), A, [[10], [100]]),
    [
      [10, -20, 30],
      [-400, 500, -600],
    ],
    'a column',
  );
  t.same(
    run(
      (g, a, b) => g.div(b, a),
      [
        [1, 2],
        [4, 8],
      ],
      [[8], [16]],
    ),
    [
      [8, 4],
      [4, 2],
    ],
    'a column on the left',
  );
  t.same(
    run((g, a, b) => g.add(a, b), A, [[0.5]]),
    [
      [1.5, -1.5, 3.5],
      [-3.5, 5.5, -5.5],
    ],
    'a scalar',
  );
  t.same(
    run((g, a, b) => g.sub(a, b), [[1], [2]], [[10, 20, 30]]),
    [
      [-9, -19, -29],
      [-8, -18, -28],
    ],
    'both',
  );
  t.end();
});

t.test('constant and scale', (t) => {
  t.same(
    run((g, a) => g.add(a, g.constant(7)), A),
    [
      [8, 5, 10],
      [3, 12, 1],
    ],
  );
  t.same(
    run((g, a) => g.scale(a, -2), A),
    [
      [-2, 4, -6],
      [8, -10, 12],
    ],
  );
  t.same(
    run((g, a) => g.scale(a, 1), A),
    A,
  );
  t.end();
});

t.test('relu, tanh, step, negate and sqrt', (t) => {
  t.same(
    run((g, a) => g.tanh(a), [[0, 1, -Infinity]]),
    [[0, Math.tanh(1), -1]],
  );
  t.same(
    run(
      (g, a) => g.relu(a),
      [
        [1, -2, 0],
        [-0.5, 5, -Infinity],
      ],
    ),
    [
      [1, 0, 0],
      [0, 5, 0],
    ],
  );
  t.same(
    run(
      (g, a) => g.step(a),
      [
        [1, -2, 0],
        [1e-300, -1e-300, Infinity],
      ],
    ),
    [
      [1, 0, 0],
      [1, 0, 1],
    ],
  );
  t.same(
    run((g, a) => g.negate(a), A),
    [
      [-1, 2, -3],
      [4, -5, 6],
    ],
  );
  t.same(
    run((g, a) => g.sqrt(a), [[4, 0, 2.25]]),
    [[2, 0, 1.5]],
  );
  t.same(
    run((g, a) => g.relu(a), [[NaN]]),
    [[NaN]],
    'a run that diverges is seen',
  );
  t.end();
});

t.test('sigmoid and softplus, also where exp overflows', (t) => {
  const ln3 = Math.log(3);
  const close = (actual: number[][], expected: number[]): void => {
    for (const [index, wanted] of expected.entries()) {
      const found = actual[0]?.[index] as number;
      t.ok(Math.abs(found - wanted) <= 1e-15 * Math.max(1, Math.abs(wanted)), `${found} is ${wanted}`);
    }
  };
  close(
    run((g, a) => g.sigmoid(a), [[0, ln3, -ln3, 1000, -1000]]),
    [0.5, 0.75, 0.25, 1, 0],
  );
  const softplus = [Math.log(2), Math.log(4), Math.log(4 / 3), 1000, 0];
  close(
    run((g, a) => g.softplus(a), [[0, ln3, -ln3, 1000, -1000]]),
    softplus,
  );
  t.equal(run((g, a) => g.softplus(a), [[-40]])[0]?.[0], Math.exp(-40), 'small values keep their digits');
  t.end();
});

t.test('sums of rows and of columns', (t) => {
  t.same(
    run((g, a) => g.sumRows(a), A),
    [[-3, 3, -3]],
  );
  t.same(
    run((g, a) => g.sumColumns(a), A),
    [[2], [-5]],
  );
  t.same(
    run((g, a) => g.sumRows(a), [[1], [2], [3]]),
    [[6]],
  );
  t.same(
    run((g, a) => g.sumColumns(a), [[1], [2], [3]]),
    [[1], [2], [3]],
  );
  t.end();
});

t.test('sums of numbers and of squares over blocks', (t) => {
  const rows = [
    [1, 2, 3, 4, 5],
    [-1, -2, 0, 2, -3],
  ];
  t.same(
    run((g, a) => g.blockSums(a, 2), rows),
    [
      [3, 7, 5],
      [-3, 2, -3],
    ],
  );
  t.same(
    run((g, a) => g.blockSumSquares(a, 2), rows),
    [
      [5, 25, 25],
      [5, 4, 9],
    ],
  );
  t.same(
    run((g, a) => g.blockSumSquares(a, 5), rows),
    [[55], [18]],
  );
  t.same(
    run((g, a) => g.blockSumSquares(a, 128), rows),
    [[55], [18]],
  );
  t.same(
    run((g, a) => g.blockSumSquares(a, 1), rows),
    [
      [1, 4, 9, 16, 25],
      [1, 4, 0, 4, 9],
    ],
  );
  t.end();
});

t.test('rows are cut and put together', (t) => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  t.same(
    run((g, a) => g.sliceRows(a, 1, 3), rows),
    [
      [3, 4],
      [5, 6],
    ],
  );
  t.same(
    run((g, a) => g.sliceRows(a, 0, 1), rows),
    [[1, 2]],
  );
  t.same(
    run((g, a) => g.sliceColumns(a, 1, 2), rows),
    [[2], [4], [6]],
  );
  t.same(
    run((g, a, b) => g.concatRows(b, a), rows, [[7, 8]]),
    [
      [7, 8],
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  );
  t.end();
});

t.test('matrices larger than an argument list are put together', (t) => {
  const columns = 400_000;
  const graph = new GraphBuilder('large');
  const a = graph.input('a', [1, columns]);
  graph.output('twice', graph.concatRows(a, a));
  const { twice } = runReference(graph.build(), { a: new Float32Array(columns).fill(2) });
  t.equal(twice?.length, 2 * columns);
  t.ok(twice?.every((value) => value === 2));
  t.end();
});

t.test('every named output is given, inputs as they came in too', (t) => {
  const graph = new GraphBuilder('test');
  const a = graph.input('a', [1, 2]);
  graph.output('same', a);
  graph.output('double', graph.scale(a, 2));
  const given = Float32Array.of(1, 2);
  const { same, double, ...others } = runReference(graph.build(), { a: given });
  t.same(same, Float64Array.of(1, 2));
  t.same(double, Float64Array.of(2, 4));
  t.same(others, {});
  t.same(given, Float32Array.of(1, 2));
  t.end();
});

t.test('inputs that are missing or have another size are refused', (t) => {
  const graph = new GraphBuilder('test');
  graph.output('result', graph.relu(graph.input('a', [2, 3])));
  const built = graph.build();
  const code = 'ERR_GRAPH';
  t.throws(() => runReference(built, { a: [1, 2, 3, 4, 5] }), { code, message: /takes 6 numbers as "a", and got 5$/ });
  t.throws(() => runReference(built, {}), { code, message: /^Graph "test" takes 6 numbers as "a", and got none$/ });
  t.end();
});
