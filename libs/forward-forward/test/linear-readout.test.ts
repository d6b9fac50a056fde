import { runReference } from '@layerline/ops';
import t from 'tap';
import { forwardGraph, learnGraph, READOUT_MASK, READOUT_WEIGHTS } from '../src/index.js';
import type { BatchShape, LayerSpec } from '../src/index.js';
import {
  distanceFromKink,
  firstState,
  INPUTS,
  layerSpec,
  maskOf,
  matrix,
  normals,
  PAIRS,
  relativeError,
  ROWS,
  UNITS,
} from './support/layer.js';
import type { State } from './support/layer.js';

const CLASSES = 3;
const STEP = 1e-5;
const TOLERANCE = 1e-7;
const ONE = { rate: [1], decay: [0], epsilon: [0], readoutRate: [1], readoutDecay: [0], readoutEpsilon: [1] };

/** A layer with a readout, that learns from it or only has it. */
function specOf(objective: 'mono-forward' | 'silu', cascades: boolean, dropout: number): LayerSpec {
  const readout = { classes: CLASSES, cascades, learningRate: 1, weightDecay: 0, dropout };
  const spec = layerSpec({ objective: 'silu' });
  return { ...spec, objective: objective === 'silu' ? spec.objective : { name: objective }, readout };
}

/** Rows of a batch, the last of which the readout reads. */
function batchOf(spec: LayerSpec): BatchShape & { readonly readout: { from: number; to: number } } {
  const pairs = spec.objective.name === 'mono-forward' ? 0 : PAIRS;
  return { rows: ROWS, images: ROWS, pairs: pairs / 2, readout: { from: pairs, to: ROWS } };
}

/** All that a batch is, apart from the state. */
function givenFor(spec: LayerSpec, seed: number): State {
  const { from, to } = batchOf(spec).readout;
  const rows = to - from;
  const targets = new Float64Array(rows * CLASSES);
  for (let row = 0; row < rows; row++) targets[row * CLASSES + (row % CLASSES)] = 1;
  return {
    input: normals(seed, 10, ROWS * INPUTS),
    targets,
    logitsBefore: normals(seed, 11, rows * CLASSES),
    [READOUT_MASK]: maskOf({ ...spec, dropout: 0.5 }, 2 * rows).slice(0, rows * UNITS),
  };
}

function passed(spec: LayerSpec, state: State, given: State): State {
  const graph = forwardGraph(spec, batchOf(spec), { activations: true, normalized: false });
  return runReference(graph, { ...state, ...given });
}

/** The mean cross-entropy of the rows that are read, by its definition. */
function crossEntropy(spec: LayerSpec, state: State, given: State): number {
  const logits = matrix(passed(spec, state, given), 'logits');
  const before = spec.readout?.cascades === true ? matrix(given, 'logitsBefore') : new Float64Array(logits.length);
  const rows = logits.length / CLASSES;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const z = Array.from({ length: CLASSES }, (_, each) => {
      return (logits[row * CLASSES + each] as number) + (before[row * CLASSES + each] as number);
    });
    const sum = z.reduce((all, each) => all + Math.exp(each), 0);
    total += Math.log(sum) - (z[row % CLASSES] as number);
  }
  return total / rows;
}

function slope(spec: LayerSpec, state: State, given: State, name: string, index: number): number {
  const at = (change: number): number => {
    const moved = Float64Array.from(matrix(state, name));
    moved[index] = (moved[index] as number) + change;
    return crossEntropy(spec, { ...state, [name]: moved }, given);
  };
  return (at(STEP) - at(-STEP)) / (2 * STEP);
}

/** A state whose readout says something, with a batch away from the kink of the ReLU. */
function smoothPoint(spec: LayerSpec): { state: State; given: State } {
  for (let seed = 1; seed <= 50; seed++) {
    const state = { ...firstState(spec, seed), [READOUT_WEIGHTS]: normals(seed, 12, UNITS * CLASSES, 0.1) };
    const given = givenFor(spec, seed);
    if (distanceFromKink(spec, state, matrix(given, 'input')) > 1e-4) return { state, given };
  }
  throw new Error('every seed comes near the kink');
}

for (const objective of ['mono-forward', 'silu'] as const) {
  for (const [cascades, dropout] of [
    [false, 0],
    [true, 0.5],
  ] as const) {
    t.test(
      `${objective}, ${cascades ? 'cascading, with dropout' : 'by itself'}: the slope of the cross-entropy`,
      (t) => {
        const spec = specOf(objective, cascades, dropout);
        const { state, given } = smoothPoint(spec);
        const forward = passed(spec, state, given);
        const learned = runReference(learnGraph(spec, batchOf(spec)), { ...state, ...given, ...forward, ...ONE });
        const check = (name: string, gradient: Float64Array, indices: readonly number[]): void => {
          const largest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
          for (const index of indices) {
            const error = Math.abs(slope(spec, state, given, name, index) - (gradient[index] as number)) / largest;
            t.ok(error < TOLERANCE, `${name}[${index}] is ${error} of the largest off`);
          }
        };
        // Adam's first moment, from zero, is the gradient.
        check(READOUT_WEIGHTS, matrix(learned, `${READOUT_WEIGHTS}.first`), [0, 7, 130, 255, UNITS * CLASSES - 1]);
        if (objective === 'mono-forward') {
          const opposite = (name: string): Float64Array => matrix(learned, `${name}.velocity`).map((v) => -v);
          check('weights', opposite('weights'), [0, 129, 333, 909]);
          check('biases', opposite('biases'), [0, 64, 127, 129]);
        }
        t.end();
      },
    );
  }
}

t.test('a readout that is only read leaves what a layer learns as it is', (t) => {
  const spec = specOf('silu', false, 0);
  const { state, given } = smoothPoint(spec);
  const forward = passed(spec, state, given);
  const learned = runReference(learnGraph(spec, batchOf(spec)), { ...state, ...given, ...forward, ...ONE });
  const { readout: _, ...plain } = spec;
  // The pairs alone.
  const input = matrix(given, 'input').slice(0, PAIRS * INPUTS);
  const alone = { rows: PAIRS, images: PAIRS };
  const passedAlone = runReference(forwardGraph(plain, alone, { activations: true, normalized: false }), {
    ...state,
    input,
  });
  const expected = runReference(learnGraph(plain, alone), { ...state, input, ...passedAlone, ...ONE });
  for (const name of ['weights', 'biases']) {
    t.ok(relativeError(matrix(learned, name), matrix(expected, name)) < 1e-12, name);
  }
  t.end();
});
