import { fold, normal, randomKey, runReference } from '@layerline/ops';
import { forwardGraph, initialState, layerState, learnGraph } from '../../src/index.js';
import type { BatchShape, GoodnessName, LayerSpec, ObjectiveName, Optimizer, StepScalars } from '../../src/index.js';

/** Every matrix of a layer's state, row-major in double precision, by name. */
export type State = Readonly<Record<string, Float64Array>>;

export const PAIRS = 6;
export const ROWS = 2 * PAIRS;
/** Two blocks of units. */
export const UNITS = 130;
export const INPUTS = 7;

/** α and θ that keep the logistic functions out of saturation: sums of squares come to about half the units. */
const OBJECTIVE_SCALE: Record<GoodnessName, { readonly alpha: number; readonly threshold: number }> = {
  mean: { alpha: 4, threshold: 0.4 },
  sum: { alpha: 0.05, threshold: 60 },
  'negative-sum': { alpha: 0.05, threshold: -60 },
};

export function layerSpec(
  objective: ObjectiveName,
  goodness: GoodnessName,
  optimizer: Optimizer = { name: 'sgd', momentum: 0, weightDecay: 0 },
  peerNormalization = 0,
): LayerSpec {
  const { alpha, threshold } = OBJECTIVE_SCALE[goodness];
  return {
    inputs: INPUTS,
    overlay: 0,
    units: UNITS,
    goodness,
    objective: { name: objective, alpha, threshold },
    optimizer,
    peerNormalization,
  };
}

export function normals(seed: number, purpose: number, count: number, deviation = 1): Float64Array {
  const key = fold(randomKey(seed), purpose);
  return Float64Array.from({ length: count }, (_, index) => deviation * normal(key, index));
}

/** A layer's first state, with biases and mean activities that differ from unit to unit. */
export function firstState(spec: LayerSpec, seed: number): State {
  const state: Record<string, Float64Array> = {};
  for (const entry of layerState(spec)) {
    state[entry.name] = Float64Array.from(initialState(spec, entry, randomKey(seed)));
  }
  state['biases'] = normals(seed, 1, spec.units, 0.1);
  if (spec.peerNormalization > 0) state['meanActivity'] = normals(seed, 2, spec.units, 0.1).map((x) => 0.5 + x);
  return state;
}

/** Passes a batch forward and learns from it. Both graphs run in double precision. */
export function learn(spec: LayerSpec, state: State, input: Float64Array, step: StepScalars): State {
  const rows = input.length / spec.inputs;
  return learnFrom(spec, state, { rows, images: rows }, { input }, step);
}

/** The same for a batch in the form of `inputShapes`. */
export function learnFrom(spec: LayerSpec, state: State, batch: BatchShape, inputs: State, step: StepScalars): State {
  const forward = forwardGraph(spec, batch, { activations: true, normalized: false });
  const passed = runReference(forward, { ...state, ...inputs });
  const scalars = { rate: [step.rate], decay: [step.decay], epsilon: [step.epsilon] };
  return runReference(learnGraph(spec, batch), { ...state, ...passed, ...scalars, ...inputs });
}

/** Input times the weights' transpose plus biases, [rows, units]. */
export function preActivations(spec: LayerSpec, state: State, input: Float64Array): Float64Array {
  const { inputs, units } = spec;
  const weights = matrix(state, 'weights');
  const biases = matrix(state, 'biases');
  return Float64Array.from({ length: (input.length / inputs) * units }, (_, at) => {
    const [row, unit] = [Math.floor(at / units), at % units];
    let total = biases[unit] as number;
    for (let column = 0; column < inputs; column++) {
      total += (input[row * inputs + column] as number) * (weights[unit * inputs + column] as number);
    }
    return total;
  });
}

/** How far the nearest pre-activation is from the kink of the ReLU. */
export function distanceFromKink(spec: LayerSpec, state: State, input: Float64Array): number {
  return preActivations(spec, state, input).reduce((least, z) => Math.min(least, Math.abs(z)), Infinity);
}

export function matrix(state: State, name: string): Float64Array {
  const data = state[name];
  if (data === undefined) throw new Error(`the state has no ${name}, only ${Object.keys(state).join(', ')}`);
  return data;
}

/** |actual − expected| / |expected| in the Euclidean norm. */
export function relativeError(actual: Float64Array, expected: Float64Array): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers against ${expected.length}`);
  let [error, size] = [0, 0];
  for (const [index, wanted] of expected.entries()) {
    error += ((actual[index] as number) - wanted) ** 2;
    size += wanted ** 2;
  }
  return Math.sqrt(error / size);
}

export function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, index) => x - (b[index] as number));
}
