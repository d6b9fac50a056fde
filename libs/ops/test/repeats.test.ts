import t from 'tap';
import { GraphBuilder, runReference } from '../src/index.js';
import type { Shape, Value } from '../src/index.js';

function run(
  shapes: readonly Shape[],
  data: readonly number[][],
  record: (graph: GraphBuilder, ...values: Value[]) => Value,
): number[] {
  const graph = new GraphBuilder('test');
  const values = shapes.map((shape, index) => graph.input('ab'.charAt(index), shape));
  graph.output('y', record(graph, ...values));
  const inputs = Object.fromEntries(data.map((numbers, index): [string, number[]] => ['ab'.charAt(index), numbers]));
  return [...(runReference(graph.build(), inputs)['y'] ?? [])];
}

t.test('rows are added to every repeat, and repeats are summed', (t) => {
  const stacked = [1, 2, 3, 4, 5, 6, 7, 8];
  t.same(
    run(
      [
        [4, 2],
        [2, 2],
      ],
      [stacked, [10, 20, 30, 40]],
      (graph, a, b) => graph.addRepeated(a, b),
    ),
    [11, 22, 33, 44, 15, 26, 37, 48],
  );
  t.same(
    run([[4, 2]], [stacked], (graph, a) => graph.sumRepeats(a, 2)),
    [6, 8, 10, 12],
  );
  t.same(
    run([[4, 2]], [stacked], (graph, a) => graph.sumRepeats(a, 4)),
    stacked,
    'rows without a repeat stay as they are',
  );
  t.end();
});

t.test('an identity has ones on its diagonal, whatever its shape', (t) => {
  const shapes: readonly (readonly [Shape, readonly number[]])[] = [
    [
      [2, 3],
      [1, 0, 0, 0, 1, 0],
    ],
    [
      [3, 2],
      [1, 0, 0, 1, 0, 0],
    ],
    [[1, 1], [1]],
  ];
  for (const [shape, ones] of shapes)
    t.same(
      run([], [], (graph) => graph.identity(shape)),
      ones,
    );
  t.end();
});

t.test('rows that are no repeats are refused', (t) => {
  const graph = new GraphBuilder('test');
  const a = graph.input('a', [4, 2]);
  const code = 'ERR_GRAPH';
  t.throws(() => graph.addRepeated(a, graph.input('b', [3, 2])), { code, message: /a 4 × 2 matrix with a 3 × 2 one/ });
  t.throws(() => graph.addRepeated(a, graph.input('c', [2, 1])), { code, message: /a 4 × 2 matrix with a 2 × 1 one/ });
  t.throws(() => graph.sumRepeats(a, 3), { code, message: /cannot sum a 4 × 2 matrix to 3 rows: / });
  t.end();
});
