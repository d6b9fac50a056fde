import t from 'tap';
import { GOODNESS_NAMES, StepCounter } from '../src/index.js';
import type { LayerSpec, Optimizer } from '../src/index.js';
import { automaticGradients } from './support/autodiff.js';
import {
  COMBINATIONS,
  distanceFromKink,
  firstState,
  INPUTS,
  layerSpec,
  learn,
  matrix,
  minus,
  nameOf,
} from './support/layer.js';
import { normals, PAIRS, preActivations, relativeError, ROWS, UNITS } from './support/layer.js';
import type { Given, State } from './support/layer.js';
import { startingAt, textbookStep } from './support/textbook.js';

/**
 * How far apart the two routes may be, relative to what is compared. Automatic differentiation in single precision is
 * off by about 1e-7 of a gradient, which Adam amplifies where a gradient is near 0, to 4e-6 of an update here. Every
 * mistake that the last test makes deliberately is off by more than a hundred times the tolerance.
 */
const TOLERANCE = 3e-5;
/** Far above what single precision does to a pre-activation; nearer to 0 one might be active in one route only. */
const KINK = 1e-4;

const OPTIMIZERS: readonly Optimizer[] = [
  { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  { name: 'sgd', momentum: 0.9, weightDecay: 0.01 },
  { name: 'adam', weightDecay: 0 },
  { name: 'adam', weightDecay: 0.1 },
];
const LEARNING_RATES = { sgd: [1, 0.8, 0.5, 0.7], adam: [0.02, 0.016, 0.01, 0.014] } as const;
/** Large enough for the pull between peers to be a few hundredths of any gradient here at least. */
const PEER_NORMALIZATION = 10;

interface Run {
  readonly batches: readonly Float64Array[];
  /** The state before every step, and after the last. */
  readonly states: readonly State[];
}

/** Four steps through the layer's own graphs, from the first seed that keeps clear of the ReLU's kink. */
function runOf(spec: LayerSpec): Run {
  for (let seed = 1; seed <= 50; seed++) {
    const counter = new StepCounter(spec.optimizer);
    const batches: Float64Array[] = [];
    const states = [firstState(spec, seed)];
    for (const [index, learningRate] of LEARNING_RATES[spec.optimizer.name].entries()) {
      const state = states[index] as State;
      const batch = normals(seed, 10 + index, ROWS * INPUTS);
      if (distanceFromKink(spec, state, batch) < KINK) break;
      batches.push(batch);
      states.push(learn(spec, state, batch, counter.next(learningRate)));
    }
    if (batches.length === LEARNING_RATES[spec.optimizer.name].length) return { batches, states };
  }
  throw new Error('every seed comes near the kink');
}

/**
 * The largest relative error, over the steps of a run, of every part of its state against automatic differentiation
 * and the textbook's optimizer. Parameters are compared by their updates.
 */
function errorsOf(run: Run, spec: LayerSpec): Record<string, number> {
  const { optimizer } = spec;
  const first = run.states[0] as State;
  let weights = startingAt(matrix(first, 'weights'));
  let biases = startingAt(matrix(first, 'biases'));
  const errors: Record<string, number> = {};
  const compare = (name: string, actual: Float64Array, expected: Float64Array): void => {
    errors[name] = Math.max(errors[name] ?? 0, relativeError(actual, expected));
  };
  for (const [index, batch] of run.batches.entries()) {
    const [before, after] = [run.states[index] as State, run.states[index + 1] as State];
    const learningRate = LEARNING_RATES[optimizer.name][index] as number;
    const gradients = automaticGradients(spec, { ...before, weights: weights.value, biases: biases.value }, batch);
    const next = {
      weights: textbookStep(optimizer, true, index + 1, learningRate, weights, gradients.weights),
      biases: textbookStep(optimizer, false, index + 1, learningRate, biases, gradients.biases),
    };
    for (const [name, held] of [
      ['weights', weights],
      ['biases', biases],
    ] as const) {
      compare(name, minus(matrix(after, name), matrix(before, name)), minus(next[name].value, held.value));
      if (optimizer.name === 'sgd') {
        compare(`${name}.velocity`, matrix(after, `${name}.velocity`), next[name].first);
      } else {
        compare(
          `${name}.first`,
          matrix(after, `${name}.first`).map((m) => 0.1 * m),
          next[name].first,
        );
        compare(
          `${name}.second`,
          matrix(after, `${name}.second`).map((v) => 0.001 * v),
          next[name].second,
        );
      }
    }
    ({ weights, biases } = next);
  }
  return errors;
}

function describe({ name, weightDecay }: Optimizer): string {
  return `${name}${weightDecay > 0 ? ' with weight decay' : ''}`;
}

/** Every module with one optimizer, and every optimizer with one module of each kind: neither knows of the other. */
const LAYERS: readonly Given[] = [
  ...COMBINATIONS.map((given): Given => ({ ...given, peerNormalization: PEER_NORMALIZATION })),
  ...OPTIMIZERS.flatMap((optimizer) => {
    return [0, PEER_NORMALIZATION].map((peerNormalization): Given => ({ optimizer, peerNormalization }));
  }),
];

for (const given of LAYERS) {
  const spec = layerSpec(given);
  const peers = spec.peerNormalization > 0 ? ', with peer normalization' : '';
  t.test(`${nameOf(spec)}, ${describe(spec.optimizer)}${peers}: learns as automatic differentiation does`, (t) => {
    for (const [part, error] of Object.entries(errorsOf(runOf(spec), spec))) {
      t.ok(error < TOLERANCE, `${part} is ${error} off`);
    }
    t.end();
  });
}

t.test('gradients so small that the ε of Adam matters', (t) => {
  const usual = layerSpec({ objective: 'pairwise', optimizer: { name: 'adam', weightDecay: 0 } });
  const spec = { ...usual, objective: { ...usual.objective, alpha: 1e-6 } };
  const run = runOf(spec);
  for (const [part, error] of Object.entries(errorsOf(run, spec))) t.ok(error < TOLERANCE, `${part} is ${error} off`);
  const update = minus(matrix(run.states[1] as State, 'weights'), matrix(run.states[0] as State, 'weights'));
  const largest = update.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  t.ok(largest < 0.9 * LEARNING_RATES.adam[0], `the largest first update is ${largest}, not the learning rate`);
  t.end();
});

t.test('the running mean of activity follows positive rows', (t) => {
  const spec = layerSpec({ objective: 'threshold', peerNormalization: PEER_NORMALIZATION });
  const state = firstState(spec, 1);
  const batch = normals(1, 10, ROWS * INPUTS);
  const whole = learn(spec, state, batch, new StepCounter(spec.optimizer).next(0.1));
  const silenced = Float64Array.from(batch).fill(0, batch.length / 2);
  const others = learn(spec, state, silenced, new StepCounter(spec.optimizer).next(0.1));
  t.same(matrix(whole, 'meanActivity'), matrix(others, 'meanActivity'), 'negative rows do not count');
  const before = matrix(state, 'meanActivity');
  const activations = preActivations(spec, state, batch).map((z) => Math.max(z, 0));
  const expected = before.map((mean, unit) => {
    let total = 0;
    for (let row = 0; row < PAIRS; row++) total += activations[row * UNITS + unit] as number;
    return 0.9 * mean + (0.1 * total) / PAIRS;
  });
  t.ok(relativeError(matrix(whole, 'meanActivity'), expected) < 1e-14);
  t.end();
});

t.test('the comparison notices mistakes', (t) => {
  for (const goodness of GOODNESS_NAMES) {
    for (const optimizer of OPTIMIZERS) {
      const spec = layerSpec({ objective: 'threshold', goodness, optimizer, peerNormalization: PEER_NORMALIZATION });
      const run = runOf(spec);
      const {
        name,
        alpha = 0,
        threshold = 0,
      } = spec.objective as { name: 'threshold'; alpha?: number; threshold?: number };
      const mistakes: Record<string, LayerSpec> = {
        'a wrong sign': { ...spec, objective: { name, threshold, alpha: -alpha } },
        'a wrong slope': { ...spec, objective: { name, threshold, alpha: 1.1 * alpha } },
        'another objective': { ...spec, objective: { name: 'pairwise', alpha } },
        'no peer normalization': { ...spec, peerNormalization: 0 },
        'twice the peer normalization': { ...spec, peerNormalization: 2 * PEER_NORMALIZATION },
        'another weight decay': { ...spec, optimizer: { ...optimizer, weightDecay: optimizer.weightDecay + 0.02 } },
        'another goodness': { ...spec, goodness: { name: goodness === 'mean' ? 'sum' : 'mean' } },
        'another activation': { ...spec, activation: { name: 'tanh' } },
      };
      for (const [mistake, wrong] of Object.entries(mistakes)) {
        const error = errorsOf(run, wrong)['weights'] as number;
        t.ok(error > 100 * TOLERANCE, `${goodness}, ${describe(optimizer)}: ${mistake} is ${error} off`);
      }
    }
  }
  t.end();
});
