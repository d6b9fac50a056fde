import { runReference } from '@layerline/ops';
import t from 'tap';
import { forwardGraph, pairLoss } from '../src/index.js';
import type { LayerSpec, ObjectiveName } from '../src/index.js';
import { COMBINATIONS, distanceFromKink, firstState, INPUTS, layerSpec, learn, matrix } from './support/layer.js';
import { maskOf, nameOf, normals, PAIRS, ROWS } from './support/layer.js';
import type { State } from './support/layer.js';

const STEP = 1e-5;
/** Relative to the largest gradient. The quotient's own error, from STEP² and from rounding, stays below 4e-10 here. */
const TOLERANCE = 1e-8;

/** The loss of a batch, from the goodness and activations of the forward graph. */
function loss(spec: LayerSpec, state: State, input: Float64Array): number {
  const graph = forwardGraph(spec, { rows: ROWS, images: ROWS }, { activations: true, normalized: false });
  const { goodness, activations } = runReference(graph, { ...state, input, mask: maskOf(spec, ROWS) });
  let total = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    total += pairLoss(spec.objective, goodness?.[pair] as number, goodness?.[PAIRS + pair] as number);
  }
  return total / PAIRS + (spec.peerNormalization > 0 ? peerLoss(spec, state, activations as Float64Array) : 0);
}

function peerLoss(spec: LayerSpec, state: State, activations: Float64Array): number {
  const means = matrix(state, 'meanActivity').map((before, unit) => {
    let activity = 0;
    for (let row = 0; row < PAIRS; row++) activity += activations[row * spec.units + unit] as number;
    return 0.9 * before + (0.1 * activity) / PAIRS;
  });
  const overall = means.reduce((sum, mean) => sum + mean, 0) / spec.units;
  return (spec.peerNormalization * means.reduce((sum, mean) => sum + (overall - mean) ** 2, 0)) / spec.units;
}

/** The loss of the state with one number of it moved by `change`. */
function lossBeside(spec: LayerSpec, state: State, input: Float64Array, at: [string, number], change: number): number {
  const [name, index] = at;
  const moved = Float64Array.from(matrix(state, name));
  moved[index] = (moved[index] as number) + change;
  return loss(spec, { ...state, [name]: moved }, input);
}

/** A state and a batch far enough from the ReLU's kink that no difference quotient crosses it. */
function smoothPoint(spec: LayerSpec): { state: State; input: Float64Array } {
  for (let seed = 1; seed <= 50; seed++) {
    const state = firstState(spec, seed);
    const input = normals(seed, 10, ROWS * INPUTS);
    if (distanceFromKink(spec, state, input) > 1e-4) return { state, input };
  }
  throw new Error('every seed comes near the kink');
}

for (const given of COMBINATIONS) {
  t.test(`${nameOf(layerSpec(given))}: the gradient is the slope of the loss`, (t) => {
    for (const peerNormalization of [0, 10]) {
      // Without momentum, and at a learning rate of 1, the new velocity is the gradient's opposite.
      const spec = layerSpec({ ...given, peerNormalization });
      const { state, input } = smoothPoint(spec);
      const learned = learn(spec, state, input, { rate: 1, decay: 0, epsilon: 0 });
      for (const [name, indices] of [
        ['weights', [0, 129, 333, 909]],
        ['biases', [0, 64, 127, 128, 129]],
      ] as const) {
        const gradient = matrix(learned, `${name}.velocity`).map((v) => -v);
        const largest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
        for (const index of indices) {
          const above = lossBeside(spec, state, input, [name, index], STEP);
          const below = lossBeside(spec, state, input, [name, index], -STEP);
          const error = Math.abs((above - below) / (2 * STEP) - (gradient[index] as number)) / largest;
          t.ok(error < TOLERANCE, `λ = ${peerNormalization}, ${name}[${index}] is ${error} of the largest off`);
        }
      }
    }
    t.end();
  });
}

await t.test('the loss of a pair by its definition', (t) => {
  const at = (name: ObjectiveName, positive: number, negative: number): number =>
    pairLoss({ name, alpha: 2, threshold: 1 }, positive, negative);
  const close = (found: number, exact: number): void =>
    void t.ok(Math.abs(found - exact) < 1e-15 * (1 + exact), `${found}`);
  close(at('threshold', 1.5, 0.25), Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(-1.5)));
  close(at('pairwise', 1, 1), Math.log(2));
  close(at('silu', 2, 1), -2 / (1 + Math.exp(2)));
  t.equal(at('pairwise', 0, 1000), 2000, 'far off, without overflow');
  t.end();
});
