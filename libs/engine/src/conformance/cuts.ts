import { GraphBuilder } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import type { Test } from 'tap';
import type { Engine } from '../engine.js';
import { sample } from './cases.js';
import type { Data } from './cases.js';
import { bitsOf, runOnce } from './check.js';

/** Units of a block, and the narrowest that a layer is cut into: sums over blocks start at multiples of 16 bytes. */
const BLOCKS = [68, 100, 128] as const;
const INPUTS = 93;

/** A layer's products and sums for some of its units. */
function unitsGraph(rows: number, units: number, block: number): Graph {
  const builder = new GraphBuilder('units');
  const x = builder.input('x', [rows, INPUTS]);
  const w = builder.input('w', [units, INPUTS]);
  const b = builder.input('b', [1, units]);
  const v = builder.input('v', [units, INPUTS]);
  const y = builder.relu(builder.gemm(x, w, { c: b, transposeB: true }));
  builder.output('y', y);
  const tanh = builder.tanh(builder.gemm(x, w, { c: b, transposeB: true }));
  builder.output('tanh', tanh);
  builder.output('largest', builder.keepLargest(y, 9, block));
  builder.output('square sums', builder.blockSumSquares(y, block));
  builder.output('sums', builder.blockSums(b, block));
  builder.output('row sums', builder.sumRows(y));
  builder.output('gradient', builder.gemm(y, x, { c: v, beta: 0.9, transposeA: true }));
  return builder.build();
}

/** The numbers of some columns of a matrix. */
function columns(data: Float32Array, width: number, from: number, to: number): Float32Array {
  const rows = data.length / width;
  return Float32Array.from({ length: rows * (to - from) }, (_, at) => {
    return data[Math.floor(at / (to - from)) * width + from + (at % (to - from))] as number;
  });
}

/** Some of a layer's units have the same bits alone as among all: so that layers can be cut into shards. */
export async function checkCuts(t: Test, engine: Engine): Promise<void> {
  for (const block of BLOCKS) {
    const units = 5 * block;
    for (const rows of [2, 10, 64]) {
      const inputs: Data = {
        x: sample(60, [rows, INPUTS]),
        w: sample(61, [units, INPUTS]),
        b: sample(62, [1, units]),
        v: sample(63, [units, INPUTS]),
      };
      const whole = await runOnce(engine, unitsGraph(rows, units, block), inputs);
      for (const [from, to] of [
        [0, 1],
        [1, 3],
        [3, 5],
      ] as const) {
        const [first, end] = [from * block, to * block];
        const rowsOf = (name: string): Float32Array => {
          return (inputs[name] as Float32Array).slice(first * INPUTS, end * INPUTS);
        };
        const own: Data = {
          ...inputs,
          w: rowsOf('w'),
          v: rowsOf('v'),
          b: (inputs['b'] as Float32Array).slice(first, end),
        };
        const cut = await runOnce(engine, unitsGraph(rows, end - first, block), own);
        const among = (name: string, width: number, begin: number, stop: number): Float32Array => {
          return columns(whole[name] as Float32Array, width, begin, stop);
        };
        const expected: Data = {
          y: among('y', units, first, end),
          tanh: among('tanh', units, first, end),
          largest: among('largest', units, first, end),
          'square sums': among('square sums', 5, from, to),
          sums: among('sums', 5, from, to),
          'row sums': among('row sums', units, first, end),
          gradient: (whole['gradient'] as Float32Array).slice(first * INPUTS, end * INPUTS),
        };
        for (const [name, data] of Object.entries(expected)) {
          t.equal(bitsOf(cut[name]), bitsOf(data), `${name} of units ${first} to ${end} of ${units}, ${rows} rows`);
        }
      }
    }
  }
}
