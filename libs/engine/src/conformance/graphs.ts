import { GraphBuilder } from '@layerline/ops';
import type { Graph } from '@layerline/ops';

/** Activations, block sums and goodness of a layer, and a step of learning: operations chained as in a layer. */
export function layerGraph(rows: number, inputs: number, units: number): Graph {
  const builder = new GraphBuilder('layer');
  const x = builder.input('x', [rows, inputs]);
  const w = builder.input('w', [units, inputs]);
  const b = builder.input('b', [1, units]);
  const h = builder.relu(builder.gemm(x, w, { c: b, transposeB: true }));
  const goodness = builder.scale(builder.sumColumns(builder.blockSumSquares(h, 64)), 1 / units);
  const probability = builder.sigmoid(builder.sub(goodness, builder.constant(0.5)));
  const gradient = builder.mul(h, builder.scale(probability, 2 / units));
  const norm = builder.sqrt(builder.add(goodness, builder.constant(1e-8)));
  builder.output('activations', h);
  builder.output('goodness', goodness);
  builder.output('normalized', builder.div(h, norm));
  builder.output('weights', builder.sub(w, builder.gemm(gradient, x, { transposeA: true })));
  builder.output('bias', builder.sub(b, builder.sumRows(gradient)));
  return builder.build();
}

/** SGD with momentum on half the sum of y², y = x · wᵀ, updating w and v: v' = 0.9 v − rate · yᵀ x, w' = w + v'. */
export function momentumGraph(rows: number, inputs: number, units: number): Graph {
  const builder = new GraphBuilder('momentum');
  const x = builder.input('x', [rows, inputs]);
  const w = builder.input('w', [units, inputs]);
  const v = builder.input('v', [units, inputs]);
  const y = builder.gemm(x, w, { transposeB: true });
  const step = builder.scale(y, -0.2 / (rows * units));
  const next = builder.gemm(step, x, { c: v, beta: 0.9, transposeA: true });
  builder.output('y', y);
  builder.output('v', next);
  builder.output('w', builder.add(w, next));
  return builder.build();
}

/** The operand of its last operations is an input that an earlier operation has already updated. */
export function readAfterUpdateGraph(rows: number, columns: number): Graph {
  const builder = new GraphBuilder('read after update');
  const w = builder.input('w', [rows, columns]);
  const x = builder.input('x', [rows, columns]);
  builder.output('w', builder.add(w, x));
  builder.output('sum', builder.sumRows(w));
  builder.output('product', builder.gemm(x, w, { transposeA: true }));
  return builder.build();
}

/** An input as an output, one value under two names, and outputs that other operations use. */
export function aliasGraph(rows: number, columns: number): Graph {
  const builder = new GraphBuilder('aliases');
  const x = builder.input('x', [rows, columns]);
  const doubled = builder.scale(x, 2);
  builder.output('same', x);
  builder.output('doubled', doubled);
  builder.output('again', doubled);
  builder.output('negated', builder.negate(doubled));
  return builder.build();
}

/** Products one after the other: long enough to show whether they block the event loop. */
export function longGraph(size: number, products: number): Graph {
  const builder = new GraphBuilder('long');
  const x = builder.input('x', [size, size]);
  let y = x;
  for (let count = 0; count < products; count++) y = builder.scale(builder.gemm(x, y), 1 / size);
  builder.output('y', y);
  return builder.build();
}
