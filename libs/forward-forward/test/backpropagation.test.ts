import { fold, normal, randomKey, runReference } from '@layerline/ops';
import t from 'tap';
import { backpropagationGraph, classifierParameters, classifyGraph, MOMENTS, StepCounter } from '../src/index.js';
import type { Classifier, Optimizer } from '../src/index.js';

const ROWS = 4;
const LABELS = [0, 2, 1, 2];
const STEP = 1e-6;

function classifierOf(optimizer: Optimizer, hidden: readonly number[] = [5, 3]): Classifier {
  return { inputs: 6, hidden, classes: 3, optimizer };
}

type State = Record<string, Float64Array>;

function firstState(classifier: Classifier): State {
  const drawn = (seed: number, count: number): Float64Array =>
    Float64Array.from({ length: count }, (_, at) => 0.5 * normal(fold(randomKey(5), seed), at));
  const state: State = { input: drawn(99, ROWS * classifier.inputs) };
  classifierParameters(classifier).forEach(({ name, shape: [rows, columns] }, index) => {
    state[name] = drawn(index, rows * columns);
    for (const moment of MOMENTS[classifier.optimizer.name])
      state[`${name}.${moment}`] = new Float64Array(rows * columns);
  });
  return state;
}

function crossEntropy(classifier: Classifier, state: State): number {
  const { probabilities } = runReference(classifyGraph(classifier, ROWS), state);
  const losses = LABELS.map((label, row) => -Math.log(probabilities?.[row * classifier.classes + label] as number));
  return losses.reduce((sum, loss) => sum + loss, 0) / ROWS;
}

function learned(classifier: Classifier, state: State, learningRate: number): State {
  const targets = LABELS.flatMap((label) => [0, 1, 2].map((each) => Number(each === label)));
  const { rate, decay, epsilon } = new StepCounter(classifier.optimizer).next(learningRate);
  const scalars = { rate: [rate], decay: [decay], epsilon: [epsilon], targets };
  return runReference(backpropagationGraph(classifier, ROWS), { ...state, ...scalars });
}

for (const hidden of [[], [5], [5, 3]]) {
  t.test(`the gradient is the slope of the cross-entropy, with ${hidden.length} hidden layers`, (t) => {
    const classifier = classifierOf({ name: 'sgd', momentum: 0, weightDecay: 0 }, hidden);
    const state = firstState(classifier);
    const after = learned(classifier, state, 1);
    for (const { name } of classifierParameters(classifier)) {
      const before = state[name] as Float64Array;
      for (const index of before.keys()) {
        const moved = (by: number): number => {
          return crossEntropy(classifier, { ...state, [name]: before.map((x, at) => (at === index ? x + by : x)) });
        };
        const slope = (moved(STEP) - moved(-STEP)) / (2 * STEP);
        const step = (before[index] as number) - (after[name]?.[index] as number);
        t.ok(Math.abs(step - slope) < 1e-8, `${name}[${index}]: ${step} is ${slope}`);
      }
    }
    t.end();
  });
}

t.test('a step of Adam is one of its size, against the gradient', (t) => {
  const plain = classifierOf({ name: 'sgd', momentum: 0, weightDecay: 0 });
  const adam = classifierOf({ name: 'adam', weightDecay: 0 });
  const state = firstState(adam);
  const [gradient, step] = [learned(plain, { ...state, ...firstState(plain) }, 1), learned(adam, state, 0.01)];
  const change = (after: State): number => (after['weights-1']?.[0] as number) - (state['weights-1']?.[0] as number);
  t.ok(Math.abs(change(step) - 0.01 * Math.sign(change(gradient))) < 1e-6);
  t.ok(crossEntropy(adam, { ...state, ...step }) < crossEntropy(adam, state), 'and the loss falls');
  t.end();
});
