import t from 'tap';
import { GraphBuilder, runReference } from '../src/index.js';

/** Keeps the largest of each row of a matrix with five columns. */
function keepLargest(count: number, blockSize: number, rows: readonly (readonly number[])[]): number[][] {
  const graph = new GraphBuilder('largest');
  graph.output('kept', graph.keepLargest(graph.input('a', [rows.length, 5]), count, blockSize));
  const { kept = new Float64Array() } = runReference(graph.build(), { a: rows.flat() });
  return rows.map((_, row) => [...kept.subarray(5 * row, 5 * row + 5)]);
}

t.test('softmax gives rows of probabilities, whatever the size of their numbers', (t) => {
  const graph = new GraphBuilder('softmax');
  graph.output('y', graph.softmax(graph.input('a', [2, 3])));
  const { y = new Float64Array() } = runReference(graph.build(), {
    a: [0, Math.log(2), Math.log(5), 1000, 1000, -1000],
  });
  const expected = [1 / 8, 2 / 8, 5 / 8, 1 / 2, 1 / 2, 0];
  t.ok(y.every((probability, at) => Math.abs(probability - (expected[at] as number)) < 1e-15));
  t.end();
});

t.test('the largest numbers of each block stay, and those that equal the least of them', (t) => {
  const rows = [
    [1, 2, 3, 4, 5],
    [2, 2, 2, 0, 0],
  ];
  t.same(keepLargest(1, 2, rows), [
    [0, 2, 0, 4, 5],
    [2, 2, 2, 0, 0],
  ]);
  t.same(keepLargest(2, 3, rows), [
    [0, 2, 3, 4, 5],
    [2, 2, 2, 0, 0],
  ]);
  t.end();
});
