import { fold, normal, randomKey, runReference, sizeOf } from '@layerline/ops';
import t from 'tap';
import type { Test } from 'tap';
import {
  ACTIVATION_NAMES,
  forwardGraph,
  GOODNESS_NAMES,
  networkGraph,
  networkParameter,
  NORMALIZATION_NAMES,
  normalizeRow,
  READOUT_WEIGHTS,
} from '../src/index.js';
import type { LayerSpec } from '../src/index.js';
import { layerSpec, UNITS } from './support/layer.js';
import type { Given } from './support/layer.js';

const [ROWS, CLASSES, SHOWN] = [3, 4, 5];
const BY_GOODNESS = { isRead: false, labelSquares: 1 };

function sample(name: string, shape: readonly [number, number]): Float32Array {
  const key = fold(randomKey(7), ...Buffer.from(name));
  return Float32Array.from({ length: sizeOf(shape) }, (_, at) => normal(key, at));
}

/** Two layers, of which the first is given rows of a label and `SHOWN` numbers. */
function layersOf(given: Given): LayerSpec[] {
  const spec = layerSpec(given);
  return [
    { ...spec, inputs: CLASSES + SHOWN, overlay: CLASSES },
    { ...spec, inputs: UNITS },
  ];
}

/** The goodness of each layer by class, [rows, classes], layer by layer and row by row. */
function layerByLayer(
  layers: readonly LayerSpec[],
  parameters: Readonly<Record<string, Float32Array>>,
  rows: Float32Array,
): Float64Array[] {
  const found = layers.map(() => new Float64Array(ROWS * CLASSES));
  for (let row = 0; row < ROWS; row++) {
    for (let label = 0; label < CLASSES; label++) {
      const input = new Float32Array(CLASSES + SHOWN);
      input[label] = 1;
      input.set(rows.subarray(row * SHOWN, (row + 1) * SHOWN), CLASSES);
      normalizeRow(input, 0, input.length);
      let given: ArrayLike<number> = input;
      for (const [index, spec] of layers.entries()) {
        const outputs = { activations: false, normalized: true };
        const graph = forwardGraph({ ...spec, overlay: 0 }, { rows: 1, images: 1 }, outputs);
        const passed = runReference(graph, {
          input: given,
          weights: parameters[networkParameter(index, 'weights')] as Float32Array,
          biases: parameters[networkParameter(index, 'biases')] as Float32Array,
        });
        (found[index] as Float64Array)[row * CLASSES + label] = passed['goodness']?.[0] as number;
        given = passed['normalized'] as ArrayLike<number>;
      }
    }
  }
  return found;
}

function close(t: Test, got: ArrayLike<number> | undefined, want: ArrayLike<number>, name: string): void {
  const distances = Array.from(want, (value, at) => Math.abs((got?.[at] ?? Infinity) - value));
  const largest = Math.max(...Array.from(want, Math.abs));
  t.ok(Math.max(...distances) < 1e-6 * largest, `${name} is off by ${Math.max(...distances)} of ${largest}`);
}

t.test('a network in one graph is its layers, one after the other, under each label', (t) => {
  const cases: Given[] = [
    ...GOODNESS_NAMES.map((goodness) => ({ goodness })),
    ...ACTIVATION_NAMES.map((activation) => ({ activation })),
    ...NORMALIZATION_NAMES.map((normalization) => ({ normalization })),
  ];
  for (const given of cases) {
    const layers = layersOf(given);
    const graph = networkGraph({ layers, columns: SHOWN, counted: [1], standardizes: false, ...BY_GOODNESS }, ROWS);
    const inputs = Object.fromEntries(
      Array.from(graph.inputs, ([name, id]) => [name, sample(name, graph.nodes[id]?.shape ?? [0, 0])]),
    );
    const got = runReference(graph, inputs);
    const want = layerByLayer(layers, inputs, inputs['rows'] as Float32Array);
    for (const [index, ofLayer] of want.entries()) {
      close(t, got[`layer-${index + 1}`], ofLayer, `${JSON.stringify(given)}, layer ${index + 1}`);
    }
    t.same(got['goodness'], got['layer-2'], 'only layers that classify are counted');
  }
  t.end();
});

t.test('what lies under the label is left out, and columns are standardized', (t) => {
  const columns = CLASSES + SHOWN;
  const layers = layersOf({});
  const graph = networkGraph({ layers, columns, counted: [0, 1], standardizes: true, ...BY_GOODNESS }, ROWS);
  const inputs = Object.fromEntries(
    Array.from(graph.inputs, ([name, id]) => [name, sample(name, graph.nodes[id]?.shape ?? [0, 0])]),
  );
  const { rows, means, factors } = inputs as Record<'rows' | 'means' | 'factors', Float32Array>;
  const shown = Float32Array.from({ length: ROWS * SHOWN }, (_, at) => {
    const column = CLASSES + (at % SHOWN);
    const value = rows[Math.floor(at / SHOWN) * columns + column] as number;
    return (value - (means[column] as number)) * (factors[column] as number);
  });
  const want = layerByLayer(layers, inputs, shown);
  const sum = (want[0] as Float64Array).map((value, at) => value + (want[1]?.[at] as number));
  close(t, runReference(graph, inputs)['goodness'], sum, 'the sum of both layers');
  t.end();
});

t.test('a network that is read takes rows without a label, which every layer may get', (t) => {
  const readout = { classes: CLASSES, cascades: false, learningRate: 1, weightDecay: 0, dropout: 0 };
  const [first, second] = layersOf({}).map((spec) => ({ ...spec, readout })) as [LayerSpec, LayerSpec];
  const layers = [first, { ...second, inputs: UNITS + CLASSES, labels: CLASSES }];
  const network = {
    layers,
    columns: SHOWN,
    counted: [0, 1],
    standardizes: false,
    isRead: true,
    labelSquares: 1 / CLASSES,
  };
  const graph = networkGraph(network, ROWS);
  const inputs = Object.fromEntries(
    Array.from(graph.inputs, ([name, id]) => [name, sample(name, graph.nodes[id]?.shape ?? [0, 0])]),
  );
  const got = runReference(graph, inputs);
  const sums = new Float64Array(ROWS * CLASSES);
  for (let row = 0; row < ROWS; row++) {
    const input = new Float32Array(CLASSES + SHOWN).fill(1 / CLASSES, 0, CLASSES);
    input.set((inputs['rows'] as Float32Array).subarray(row * SHOWN, (row + 1) * SHOWN), CLASSES);
    normalizeRow(input, 0, input.length);
    let given: ArrayLike<number> = input;
    for (const [index, spec] of layers.entries()) {
      const batch = { rows: 1, images: 1, readout: { from: 0, to: 1 } };
      const passed = runReference(
        forwardGraph({ ...spec, overlay: 0 }, batch, { activations: false, normalized: true }),
        {
          input: given,
          weights: inputs[networkParameter(index, 'weights')] as Float32Array,
          biases: inputs[networkParameter(index, 'biases')] as Float32Array,
          [READOUT_WEIGHTS]: inputs[networkParameter(index, READOUT_WEIGHTS)] as Float32Array,
        },
      );
      const logits = passed['logits'] as Float64Array;
      const own = got[`layer-${index + 1}`]?.slice(row * CLASSES, (row + 1) * CLASSES);
      close(t, own, logits, `row ${row}, layer ${index + 1}`);
      for (const [at, logit] of logits.entries()) sums[row * CLASSES + at] = (sums[row * CLASSES + at] ?? 0) + logit;
      given = [...(passed['normalized'] as Float64Array), ...input.subarray(0, CLASSES)];
    }
  }
  close(t, got['logits'], sums, 'added up');
  t.end();
});
