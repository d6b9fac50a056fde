import t from 'tap';
import { ADAM, learningRateAt, StepCounter } from '../src/index.js';

function rateAt(base: number, step: number, total: number): number {
  return learningRateAt(base, { name: 'late-linear' }, { step, total, stepsPerEpoch: 10 });
}

t.test('the learning rate is constant for half of the steps and then falls linearly', (t) => {
  t.equal(rateAt(0.01, 0, 1000), 0.01);
  t.equal(rateAt(0.01, 499, 1000), 0.01);
  t.equal(rateAt(0.01, 500, 1000), 0.01);
  t.equal(rateAt(0.01, 750, 1000), 0.005);
  t.equal(rateAt(0.5, 875, 1000), 0.125);
  const last = rateAt(0.01, 999, 1000);
  t.ok(Math.abs(last - 0.01 * 0.002) < 1e-16, `the last step still learns, at ${last}`);
  for (let step = 501; step < 1000; step++) {
    const fall = rateAt(1, step - 1, 1000) - rateAt(1, step, 1000);
    if (Math.abs(fall - 0.002) > 1e-12) t.fail(`step ${step} falls by ${fall}`);
  }
  t.equal(rateAt(0.01, 0, 1), 0.01, 'training of one step');
  t.end();
});

t.test('the scalars of SGD', (t) => {
  const counter = new StepCounter({ name: 'sgd', momentum: 0.9, weightDecay: 0.25 });
  t.equal(counter.step, 0);
  t.strictSame(counter.next(0.5), { rate: 0.5, decay: 0.125, epsilon: 0 });
  t.strictSame(counter.next(0), { rate: 0, decay: 0, epsilon: 0 });
  t.equal(counter.step, 2);
  t.end();
});

t.test('the scalars of Adam hold its bias corrections in closed form', (t) => {
  const counter = new StepCounter({ name: 'adam', weightDecay: 0.1 });
  let worst = 0;
  for (let step = 1; step <= 20_000; step++) {
    const learningRate = 1e-3 / Math.sqrt(step);
    const { rate, decay, epsilon } = counter.next(learningRate);
    // η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε), with m = (1 − β₁) m̃ and v = (1 − β₂) ṽ
    const firstCorrection = (1 - 0.9) / (1 - 0.9 ** step);
    const rootCorrection = Math.sqrt((1 - 0.999) / (1 - 0.999 ** step));
    const [m, v] = [0.3, 0.7];
    const expected = (learningRate * firstCorrection * m) / (rootCorrection * Math.sqrt(v) + 1e-8);
    worst = Math.max(worst, Math.abs((rate * m) / (Math.sqrt(v) + epsilon) / expected - 1));
    worst = Math.max(worst, Math.abs((epsilon * rootCorrection) / 1e-8 - 1));
    if (decay !== learningRate * 0.1) t.fail(`step ${step} decays ${decay}`);
  }
  t.ok(worst < 1e-11, `at most ${worst} off`);
  t.equal(counter.step, 20_000);
  t.end();
});

t.test('the first step of Adam is the learning rate, whatever the gradient', (t) => {
  for (const gradient of [1e-3, 1, 1e3]) {
    const { rate, epsilon } = new StepCounter({ name: 'adam', weightDecay: 0 }).next(0.01);
    const update = (rate * gradient) / (Math.sqrt(gradient ** 2) + epsilon);
    const expected = (0.01 * gradient) / (gradient + ADAM.epsilon);
    t.ok(Math.abs(update - expected) < 1e-15, `${update} for a gradient of ${gradient}`);
  }
  t.end();
});

t.test('schedules by their definitions', (t) => {
  const at = (settings: Parameters<typeof learningRateAt>[1], step: number): number =>
    learningRateAt(2, settings, { step, total: 100, stepsPerEpoch: 10 });
  t.same(
    [0, 50, 99].map((step) => at({ name: 'constant' }, step)),
    [2, 2, 2],
  );
  const cosine = { name: 'cosine' } as const;
  t.equal(at(cosine, 0), 2);
  t.ok(Math.abs(at(cosine, 50) - 1) < 1e-6 && Math.abs(at(cosine, 25) - (1 + Math.SQRT1_2)) < 1e-6);
  const steps = { name: 'steps', decayEvery: 3, decayBy: 0.1 } as const;
  t.same(
    [0, 29, 30, 59, 60].map((step) => Math.fround(at(steps, step))),
    [2, 2, 0.2, 0.2, 0.02].map(Math.fround),
  );
  t.end();
});
