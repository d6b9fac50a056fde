import type { Engine, Tensor } from '@layerline/engine';
import { fold, GraphBuilder, normal, randomKey, sizeOf } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';

export const ONE_THREAD = { threads: 1, spinning: false };
export const TWO_THREADS = { threads: 2, spinning: false };

export function graphOf(name: string, record: (builder: GraphBuilder) => void): Graph {
  const builder = new GraphBuilder(name);
  record(builder);
  return builder.build();
}

/** Normally distributed numbers, the same for the same seed and shape. */
export function sample(seed: number, shape: Shape): Float32Array {
  const key = fold(randomKey(seed), ...shape);
  return Float32Array.from({ length: sizeOf(shape) }, (_, at) => normal(key, at));
}

/** Data for each input of a graph. */
export function samplesFor(graph: Graph): Record<string, Float32Array> {
  return Object.fromEntries(Array.from(graph.inputs, ([name, id]) => [name, sample(id, shapeOf(graph, id))]));
}

/** A tensor for each name, with a copy of the data of that name, else of zeros. */
export function tensorsFor(
  engine: Engine,
  graph: Graph,
  names: ReadonlyMap<string, number>,
  data: Readonly<Record<string, Float32Array>> = {},
): Record<string, Tensor> {
  return Object.fromEntries(
    Array.from(names, ([name, id]) => [name, engine.tensor(shapeOf(graph, id), data[name]?.slice())]),
  );
}

export function shapeOf(graph: Graph, id: number): Shape {
  const node = graph.nodes[id];
  if (node === undefined) throw new RangeError(`The graph has no value ${id}`);
  return node.shape;
}

/** The largest distance between two arrays, relative to the largest number of the second. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let [largest, furthest] = [0, 0];
  for (let at = 0; at < want.length; at++) {
    largest = Math.max(largest, Math.abs(want[at] as number));
    furthest = Math.max(furthest, Math.abs((got[at] as number) - (want[at] as number)));
  }
  return furthest / largest;
}
