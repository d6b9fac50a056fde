import { fold, normal, randomKey, runReference } from '@layerline/ops';
import {
  ACTIVATION_NAMES,
  activationOf,
  defaultNumbers,
  forwardGraph,
  GOODNESS_NAMES,
  goodnessOf,
  goodnessOfLayer,
  initialState,
  layerState,
  learnGraph,
  OBJECTIVE_NAMES,
  objectiveOf,
} from '../../src/index.js';
import type {
  ActivationName,
  ActivationSettings,
  BatchShape,
  GoodnessName,
  GoodnessSettings,
  LayerSpec,
  Module,
  NormalizationName,
  ObjectiveName,
  ObjectiveSettings,
  Optimizer,
  StepScalars,
} from '../../src/index.js';

/** Every matrix of a layer's state, row-major in double precision, by name. */
export type State = Readonly<Record<string, Float64Array>>;

export const PAIRS = 6;
export const ROWS = 2 * PAIRS;
/** Two blocks of units. */
export const UNITS = 130;
export const INPUTS = 7;

/** What a layer is to be; the rest is the simplest there is. */
export interface Given {
  readonly objective?: ObjectiveName;
  readonly goodness?: GoodnessName;
  readonly activation?: ActivationName;
  readonly normalization?: NormalizationName;
  readonly optimizer?: Optimizer;
  readonly peerNormalization?: number;
  readonly dropout?: number;
}

/** α and θ that keep logistic functions out of saturation: the goodness of these rows comes to about half a unit's. */
const OUT_OF_SATURATION = { alpha: { unit: 4, layer: 0.05 }, threshold: 0.4 } as const;

export function layerSpec(given: Given = {}): LayerSpec {
  const { objective = 'silu', goodness = 'mean', activation = 'relu', normalization = 'mean-square' } = given;
  const { optimizer = { name: 'sgd', momentum: 0, weightDecay: 0 }, peerNormalization = 0, dropout = 0 } = given;
  const { scale } = goodnessOf(goodness);
  const settings = <Name extends string>(module: Module<Name>): { name: Name } => {
    return { name: module.name, ...defaultNumbers(module, scale) };
  };
  const ofObjective: Record<string, number> = {
    ...defaultNumbers(objectiveOf(objective), scale),
    alpha: OUT_OF_SATURATION.alpha[scale],
  };
  if ('threshold' in ofObjective) {
    ofObjective['threshold'] = goodnessOfLayer(goodness, OUT_OF_SATURATION.threshold, UNITS);
  }
  return {
    ...{ inputs: INPUTS, overlay: 0, units: UNITS },
    activation: settings(activationOf(activation)) as ActivationSettings,
    goodness: settings(goodnessOf(goodness)) as GoodnessSettings,
    normalization: { name: normalization },
    objective: { name: objective, ...ofObjective } as ObjectiveSettings,
    optimizer,
    learningRate: 0.01,
    schedule: { name: 'constant' },
    dropout,
    peerNormalization,
  };
}

const PAIR_OBJECTIVES = OBJECTIVE_NAMES.filter((name) => objectiveOf(name).rows === 'pairs');

/** Layers that have every objective of pairs, goodness and activation between them. */
export const COMBINATIONS: readonly Given[] = [
  ...PAIR_OBJECTIVES.flatMap((objective) => GOODNESS_NAMES.map((goodness): Given => ({ objective, goodness }))),
  ...ACTIVATION_NAMES.flatMap((activation) => GOODNESS_NAMES.map((goodness): Given => ({ activation, goodness }))),
  ...ACTIVATION_NAMES.map((activation): Given => ({ activation, dropout: 0.5 })),
];

/** As in `silu, mean, tanh`. */
export function nameOf({ objective, goodness, activation, dropout }: LayerSpec): string {
  return `${objective.name}, ${goodness.name}, ${activation.name}${dropout > 0 ? ', dropout' : ''}`;
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
  const given = { ...state, ...inputs, mask: maskOf(spec, batch.rows) };
  const passed = runReference(forward, given);
  const scalars = { rate: [step.rate], decay: [step.decay], epsilon: [step.epsilon] };
  return runReference(learnGraph(spec, batch), { ...given, ...passed, ...scalars });
}

/** A mask of dropout: about half of the units, another half for each pair. */
export function maskOf({ dropout, units }: LayerSpec, rows: number): Float64Array {
  const drawn = normals(1, 20, (rows / 2) * units);
  const kept = 1 / (1 - dropout);
  return Float64Array.from({ length: rows * units }, (_, at) => ((drawn[at % drawn.length] as number) > 0 ? kept : 0));
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

/** How far the nearest sum of inputs is from 0, where activations and goodness have their kinks. */
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
