import { forwardGraph, learnGraph } from '@layerline/forward-forward';
import { runReference } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import t from 'tap';
import { tileRows } from '../src/tiling.js';
import type { Tile, TiledGraph } from '../src/tiling.js';
import { graphOf, samplesFor } from './support/graphs.js';
import { layerSpec } from './support/layer.js';

type Data = Readonly<Record<string, Float64Array | Float32Array>>;

const nameOf = ({ of, rows }: Tile): string => (rows === undefined ? of : `${of}[${rows[0]}:${rows[1]}]`);

/** Runs a tiled graph on the whole graph's inputs and puts its outputs together again. */
function runTiled(whole: Graph, tiled: TiledGraph, data: Data): Record<string, Float64Array> {
  const columns = (names: ReadonlyMap<string, number>, of: string): number => {
    return whole.nodes[names.get(of) ?? -1]?.shape[1] ?? 0;
  };
  const inputs = tiled.inputs.map((tile): [string, Float64Array | Float32Array] => {
    const [start, end] = tile.rows ?? [0, Infinity];
    const width = columns(whole.inputs, tile.of);
    return [nameOf(tile), data[tile.of]?.slice(start * width, end * width) ?? new Float64Array()];
  });
  const results = runReference(tiled.graph, Object.fromEntries(inputs));
  const outputs: Record<string, Float64Array> = {};
  for (const tile of tiled.outputs) {
    const part = results[nameOf(tile)] ?? new Float64Array();
    outputs[tile.of] = Float64Array.of(...(outputs[tile.of] ?? []), ...part);
  }
  return outputs;
}

const CASES = (['sgd', 'adam'] as const).flatMap((optimizer) => [
  { optimizer, overlay: 0, batch: { rows: 6, images: 6 } },
  { optimizer, overlay: 4, batch: { rows: 6, images: 3 } },
]);

for (const { optimizer, overlay, batch } of CASES) {
  await t.test(`a learn graph in tiles computes the same, ${optimizer}, overlay ${overlay}`, (t) => {
    const graph = learnGraph(
      { ...layerSpec({ inputs: 23, units: 10, optimizer, peerNormalization: 0.03 }), overlay },
      batch,
    );
    const data = samplesFor(graph);
    const second = data['weights.second']?.map(Math.abs);
    const inputs = second === undefined ? data : { ...data, 'weights.second': second };
    const want = runReference(graph, inputs);
    for (const [tileElements, tiles] of [
      [229, 2],
      [70, 4],
      [1, 10],
    ] as const) {
      const tiled = tileRows(graph, tileElements);
      t.equal(tiled.outputs.filter(({ of }) => of === 'weights').length, tiles, `${tiles} tiles`);
      t.same(runTiled(graph, tiled, inputs), want);
    }
    t.equal(tileRows(graph, 230).graph, graph, 'what fits into a tile stays as it is');
    t.end();
  });
}

await t.test('what cannot be cut stays as it is', (t) => {
  const spec = layerSpec({ inputs: 23, units: 10, optimizer: 'sgd' });
  const forward = forwardGraph(spec, { rows: 6, images: 6 }, { activations: true, normalized: true });
  const uncuttable: Record<string, Graph> = {
    'a forward pass': forward,
    'a sum over the rows of the update': graphOf('sum', (builder) => {
      const update = builder.gemm(builder.input('x', [4, 9]), builder.input('y', [4, 5]), { transposeA: true });
      builder.output('sum', builder.sumRows(update));
    }),
    'a number for each row': graphOf('rows', (builder) => {
      const update = builder.gemm(builder.input('x', [4, 9]), builder.input('y', [4, 5]), { transposeA: true });
      builder.output('scaled', builder.mul(update, builder.input('factor', [9, 1])));
    }),
    'an operand of the same shape': graphOf('square', (builder) => {
      const x = builder.input('x', [9, 9]);
      builder.output('y', builder.gemm(x, builder.input('w', [9, 9]), { transposeA: true }));
    }),
    'a bias that is the same for all rows': graphOf('bias', (builder) => {
      const [x, y] = [builder.input('x', [4, 9]), builder.input('y', [4, 5])];
      builder.output('y', builder.gemm(x, y, { transposeA: true, c: builder.input('b', [1, 5]) }));
    }),
  };
  for (const [name, graph] of Object.entries(uncuttable)) t.equal(tileRows(graph, 1).graph, graph, name);
  t.end();
});
