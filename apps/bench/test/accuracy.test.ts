import t from 'tap';
import { compareAccuracy, secondsTo } from '../src/accuracy.js';
import type { AccuracyComparison } from '../src/accuracy.js';
import type { Evaluation, Learner } from '../src/contestants/contestant.js';
import { accuracyTable } from '../src/report/accuracy-section.js';
import { accuracyPlot } from '../src/report/plots.js';
import { publishedRecipe } from '../src/work.js';
import { WORK } from './work.js';

/** Evaluations after epochs of so many seconds. */
function evaluations(secondsPerEpoch: number, ...testErrors: number[]): Evaluation[] {
  return testErrors.map((testError, index) => {
    return { epoch: index + 1, seconds: secondsPerEpoch * (index + 1), testError };
  });
}

/** A learner with two variants, of which the one with 2 threads is the faster; it notes what it is asked to do. */
function fake(name: string, calls: string[], learn: (seed: number) => Evaluation[]): Learner {
  return {
    name,
    variants: [{ threads: 1 }, { threads: 2 }],
    divisible: true,
    async run({ images }, { threads }, evaluate) {
      calls.push(`${name} try ${images} ${threads} ${evaluate}`);
      return { images, seconds: 1, imagesPerSecond: Number(threads), versions: {} };
    },
    async learn({ images }, { threads }, seed) {
      calls.push(`${name} ${images} ${threads} seed ${seed}`);
      return { evaluations: learn(seed), versions: { [name]: '1' } };
    },
  };
}

const OPTIONS = { epochs: 3, repeats: 2, trialImages: 1000, say: () => undefined };

t.test('the time to an error is that of the first evaluation with it or less', (t) => {
  const run = evaluations(10, 0.05, 0.02, 0.021, 0.014);
  t.equal(secondsTo(0.03, run), 20);
  t.equal(secondsTo(0.02, run), 20, 'reached exactly, and lost again');
  t.equal(secondsTo(0.015, run), 40);
  t.equal(secondsTo(0.01, run), Infinity);
  t.end();
});

t.test('each side learns in its fastest variant, in turns, with a seed for each repeat', async (t) => {
  const calls: string[] = [];
  const a = fake('a', calls, (seed) => evaluations(seed, 0.5));
  const b = fake('b', calls, () => evaluations(1, 0.4));
  const { entries, absent, epochs } = await compareAccuracy([a, b], { recipe: 'own', work: WORK }, OPTIONS);
  t.same(calls, [
    ...['a try 1000 1 false', 'a try 1000 2 false', 'b try 1000 1 false', 'b try 1000 2 false'],
    ...['a 60000 2 seed 1', 'b 60000 2 seed 1', 'b 60000 2 seed 2', 'a 60000 2 seed 2'],
  ]);
  t.same(entries[0], {
    name: 'a',
    variant: '2 threads',
    runs: [evaluations(1, 0.5), evaluations(2, 0.5)],
    versions: { a: '1' },
  });
  t.same([entries.length, absent, epochs], [2, [], 3]);
});

t.test('who fails to learn is left out with the reason', async (t) => {
  const bad = fake('bad', [], () => {
    throw new Error('diverged');
  });
  const good = fake('good', [], () => evaluations(1, 0.4));
  const { entries, absent } = await compareAccuracy([bad, good], { recipe: 'own', work: WORK }, OPTIONS);
  t.same(
    entries.map(({ name }) => name),
    ['good'],
  );
  t.same(absent, [{ name: 'bad', reason: 'diverged' }]);
});

const COMPARISON: AccuracyComparison = {
  recipe: 'published',
  work: { ...WORK, recipe: publishedRecipe(500), images: 120_000 },
  epochs: 2,
  entries: [
    {
      name: 'Layerline, pipeline',
      variant: 'auto threads',
      runs: [evaluations(4, 0.03, 0.019), evaluations(5, 0.04, 0.02), evaluations(6, 0.029, 0.021)],
      versions: { node: '20' },
    },
    { name: 'JAX jit', variant: '1 thread', runs: [evaluations(7.05, 0.05, 0.03)], versions: { jax: '0.10' } },
  ],
  absent: [{ name: 'torch', reason: 'no network' }],
};

t.test('the table has the times, or says in how many runs an error was reached', (t) => {
  const table = accuracyTable(COMPARISON);
  const lineOf = (start: string): string => table.split('\n').find((line) => line.startsWith(start)) ?? '';
  t.equal(lineOf('| side'), '| side | as | s to 3 % | s to 2 % | s to 1.5 % | test error at the end | s in all |');
  t.equal(
    lineOf('| Layerline'),
    '| Layerline, pipeline | auto threads | 6.0 (4.0–10.0) | 10.0, reached in 2 of 3 | not reached | 2.00 % (1.90–2.10) | 10.0 (8.0–12.0) |',
  );
  t.match(lineOf('| JAX'), '| 14.1 (14.1–14.1) | not reached | not reached | 3.00 % (3.00–3.00) |');
  t.match(table, '2 planned epochs of 60,000 images of mnist, runs of each side: 3.');
  t.match(table, 'threshold objective with α 500, sgd at a rate of 0.001');
  t.match(table, 'Left out: torch (no network).');
  t.end();
});

t.test('an error that most runs do not reach has no median', (t) => {
  const [entry] = COMPARISON.entries;
  const runs = [evaluations(4, 0.019), evaluations(5, 0.04), evaluations(6, 0.04)];
  const table = accuracyTable({ ...COMPARISON, entries: [{ ...entry, name: 'a', variant: 'b', versions: {}, runs }] });
  t.match(table, '| reached in 1 of 3 | reached in 1 of 3 | not reached |');
  t.end();
});

t.test('the plot has a line for each side, through the medians at each epoch', (t) => {
  const plot = accuracyPlot(COMPARISON);
  t.match(plot, /^<svg /);
  for (const text of ['Layerline, pipeline', 'JAX jit', 'seconds of training', 'test error, %']) {
    t.ok(plot.includes(`>${text}<`), text);
  }
  t.end();
});

t.test('the published recipe is the sum of squares against the width, as a mean', (t) => {
  // With k times the goodness and 1/k of α, the loss and its gradient by the activations are the same.
  t.same(publishedRecipe(1000), {
    optimizer: 'sgd',
    objective: 'threshold',
    alpha: 1000,
    threshold: 1,
    rate: 0.001,
    momentum: 0.9,
  });
  t.end();
});
