import { runReference } from '@layerline/ops';
import t from 'tap';
import {
  ACTIVATION_NAMES,
  blocksOf,
  blockUnits,
  forwardGraph,
  GOODNESS_NAMES,
  goodnessFactor,
  goodnessOfLayer,
  normalizeRow,
} from '../src/index.js';
import type { ActivationName, GoodnessName, LayerSpec } from '../src/index.js';
import { firstState, INPUTS, layerSpec, normals, preActivations } from './support/layer.js';
import type { State } from './support/layer.js';

const ROWS = 5;
const ALL = { activations: true, normalized: true };

function specOf(goodness: GoodnessName, units: number): LayerSpec {
  return { ...layerSpec({ goodness }), units };
}

function run(spec: LayerSpec, state: State, input: ArrayLike<number>, rows = ROWS): State {
  return runReference(forwardGraph(spec, { rows, images: rows }, ALL), { ...state, input });
}

function rowOf(data: Float64Array | undefined, row: number, width: number): Float64Array {
  return (data as Float64Array).subarray(row * width, (row + 1) * width);
}

function meanSquare(row: Float64Array): number {
  return row.reduce((sum, x) => sum + x ** 2, 0) / row.length;
}

/** A layer whose activations are its input, where that is not negative. */
function identity(units: number): { spec: LayerSpec; state: State } {
  const weights = new Float64Array(units * units);
  for (let unit = 0; unit < units; unit++) weights[unit * (units + 1)] = 1;
  return { spec: { ...specOf('mean', units), inputs: units }, state: { weights, biases: new Float64Array(units) } };
}

t.test('activations are what the ReLU lets through', (t) => {
  const spec = specOf('mean', 130);
  const state = firstState(spec, 1);
  const input = normals(1, 5, ROWS * INPUTS);
  const { activations } = run(spec, state, input);
  const expected = preActivations(spec, state, input).map((z) => Math.max(z, 0));
  t.ok(activations?.every((a, index) => Math.abs(a - (expected[index] as number)) < 1e-14));
  t.ok(activations?.some((a) => a === 0) && activations.some((a) => a > 0));
  t.end();
});

t.test(
  'blocks have one size if possible, begin at 16-byte boundaries, and are never so small that products differ',
  (t) => {
    const sizes = [1, 64, 65, 68, 127, 128, 129, 130, 256, 300, 500, 784, 1000, 2000].map((units) => [
      units,
      blockUnits(units),
    ]);
    t.strictSame(sizes, [
      [1, 128],
      [64, 128],
      [65, 128],
      [68, 68],
      [127, 128],
      [128, 128],
      [129, 128],
      [130, 128],
      [256, 128],
      [300, 100],
      [500, 100],
      [784, 112],
      [1000, 100],
      [2000, 100],
    ]);
    t.end();
  },
);

/** As in the papers. */
const DEFINITIONS: Readonly<Record<GoodnessName, (row: Float64Array) => number>> = {
  mean: meanSquare,
  sum: (row) => row.length * meanSquare(row),
  'negative-sum': (row) => -row.length * meanSquare(row),
  'mean-absolute': (row) => row.reduce((sum, a) => sum + Math.abs(a), 0) / row.length,
  'top-k': (row) => {
    const kept = blocksOf(row.length).flatMap(({ from, to }) => {
      return [...row.subarray(from, to)]
        .map((a) => a * a)
        .sort((a, b) => b - a)
        .slice(0, 20);
    });
    return kept.reduce((sum, square) => sum + square, 0) / kept.length;
  },
};

for (const goodness of GOODNESS_NAMES) {
  t.test(`${goodness} goodness is the same for any number of blocks`, (t) => {
    for (const activation of ['relu', 'tanh'] as const) {
      for (const units of [1, 15, 127, 128, 129, 256, 300]) {
        const spec = { ...layerSpec({ goodness, activation }), units };
        const outputs = run(spec, firstState(spec, 2), normals(2, 5, ROWS * INPUTS));
        t.equal(outputs['goodness']?.length, ROWS);
        for (const [row, value] of outputs['goodness']?.entries() ?? []) {
          const expected = DEFINITIONS[goodness](rowOf(outputs['activations'], row, units));
          const error = Math.abs(value - expected);
          t.ok(error <= 1e-13 * Math.abs(expected), `${units} units, row ${row}: ${value} is ${expected}`);
        }
      }
    }
    t.end();
  });
}

t.test('goodness factors', (t) => {
  t.equal(goodnessFactor({ name: 'mean' }, 8), 1 / 8);
  t.equal(goodnessFactor({ name: 'sum' }, 8), 1);
  t.equal(goodnessFactor({ name: 'negative-sum' }, 8), -1);
  t.equal(goodnessFactor({ name: 'mean-absolute' }, 8), 1 / 8);
  // Two blocks of 128 units and one of 3.
  t.equal(goodnessFactor({ name: 'top-k', topK: 5 }, 259), 1 / 13);
  t.end();
});

t.test('a goodness per unit is one of the layer', (t) => {
  t.same(
    GOODNESS_NAMES.map((name) => goodnessOfLayer(name, 0.5, 8)),
    [0.5, 4, -4, 0.5, 0.5],
  );
  t.end();
});

t.test('activations by their definitions', (t) => {
  const z = [-3, -0.5, 0, 0.5, 3];
  const definitions: Readonly<Record<ActivationName, (z: number) => number>> = {
    relu: (z) => Math.max(z, 0),
    'leaky-relu': (z) => (z > 0 ? z : z / 100),
    tanh: Math.tanh,
    // The Gaussian distribution's values, from which the approximation is 3e-4 off at most.
    gelu: (z) => z * ({ '-3': 0.00134989803, '-0.5': 0.308537539, 0: 0.5, 0.5: 0.691462461, 3: 0.998650102 }[z] ?? NaN),
  };
  for (const activation of ACTIVATION_NAMES) {
    const spec = { ...layerSpec({ activation }), inputs: 1, units: 1 };
    const { activations } = run(spec, { weights: Float64Array.of(1), biases: Float64Array.of(0) }, z, z.length);
    for (const [place, a] of activations?.entries() ?? []) {
      const expected = definitions[activation](z[place] as number);
      const error = Math.abs(a - expected);
      t.ok(error <= (activation === 'gelu' ? 5e-4 : 1e-15), `${activation} of ${z[place]}: ${a} is ${expected}`);
    }
  }
  t.end();
});

t.test('layer normalization brings rows to a mean of 0 and a variance of 1', (t) => {
  const spec = layerSpec({ normalization: 'layer-norm' });
  const { activations, normalized } = run(spec, firstState(spec, 3), normals(3, 5, ROWS * INPUTS));
  for (let row = 0; row < ROWS; row++) {
    const [before, after] = [rowOf(activations, row, 130), rowOf(normalized, row, 130)];
    const mean = before.reduce((sum, x) => sum + x, 0) / 130;
    const deviation = Math.sqrt(meanSquare(before.map((x) => x - mean)));
    t.ok(after.every((x, unit) => Math.abs(x - ((before[unit] as number) - mean) / deviation) < 1e-6));
  }
  t.end();
});

t.test('normalized rows have mean square 1 and their direction', (t) => {
  const spec = specOf('sum', 130);
  const { activations, normalized } = run(spec, firstState(spec, 3), normals(3, 5, ROWS * INPUTS));
  for (let row = 0; row < ROWS; row++) {
    const before = rowOf(activations, row, 130);
    const after = rowOf(normalized, row, 130);
    const length = meanSquare(after);
    t.ok(Math.abs(length - 1) < 1e-6, `row ${row} has mean square ${length}`);
    const factor = 1 / Math.sqrt(meanSquare(before));
    t.ok(after.every((x, unit) => Math.abs(x - factor * (before[unit] as number)) < 1e-6));
  }
  t.end();
});

t.test('the length of an input row is gone after normalization', (t) => {
  const { spec, state } = identity(10);
  const row = normals(4, 5, 10).map(Math.abs);
  const { normalized } = run(spec, state, [...row, ...row.map((x) => 100 * x)], 2);
  const [short, long] = [rowOf(normalized, 0, 10), rowOf(normalized, 1, 10)];
  t.ok(short.every((x, unit) => Math.abs(x - (long[unit] as number)) < 1e-6));
  t.end();
});

t.test('a row of zeros stays 0', (t) => {
  const spec = specOf('mean', 130);
  const state = { ...firstState(spec, 4), biases: new Float64Array(130).fill(-1) };
  const { goodness, normalized } = run(spec, state, new Float64Array(ROWS * INPUTS));
  t.ok(normalized?.every((x) => x === 0));
  t.ok(goodness?.every((x) => x === 0));
  const row = new Float32Array(4);
  normalizeRow(row, 0, 4);
  t.same(row, new Float32Array(4));
  t.end();
});

t.test('normalizeRow does what the graph does, to its own row alone', (t) => {
  const width = 10;
  const { spec, state } = identity(width);
  const data = Float32Array.from(normals(5, 5, 3 * width).map(Math.abs));
  const before = Float32Array.from(data);
  const { normalized } = run(spec, state, data, 3);
  normalizeRow(data, width, width);
  t.same(data.subarray(0, width), before.subarray(0, width));
  t.same(data.subarray(2 * width), before.subarray(2 * width));
  for (const [unit, expected] of rowOf(normalized, 1, width).entries()) {
    const found = data[width + unit] as number;
    t.ok(Math.abs(found - expected) <= 2 ** -24 * expected, `${found} is ${expected} rounded to single precision`);
  }
  t.end();
});

t.test('a graph outputs goodness and whatever else is asked for', (t) => {
  const spec = specOf('mean', 130);
  const names = (activations: boolean, normalized: boolean): string[] =>
    [...forwardGraph(spec, { rows: ROWS, images: ROWS }, { activations, normalized }).outputs.keys()].sort();
  t.same(names(false, false), ['goodness']);
  t.same(names(true, false), ['activations', 'goodness']);
  t.same(names(false, true), ['goodness', 'normalized']);
  t.same(names(true, true), ['activations', 'goodness', 'normalized']);
  const kept = forwardGraph(layerSpec({ activation: 'gelu' }), { rows: 2, images: 2 }, ALL);
  t.same([...kept.outputs.keys()].sort(), ['activations', 'goodness', 'inputSums', 'normalized']);
  t.end();
});
