import t from 'tap';
import { measureStageTimes } from '../src/simulation/stage-times.js';
import { recipeOf } from '../src/work.js';

t.test('layers, feeder and evaluator are timed, with another layer beside and without', async (t) => {
  const shapes = [
    { inputs: 24, overlay: 10, units: 16 },
    { inputs: 16, overlay: 0, units: 32 },
    { inputs: 16, overlay: 0, units: 100, of: 300 },
  ];
  const options = { recipe: recipeOf('sgd', 'silu'), pairs: 4, shapes, threads: 1, repeats: 3 };
  for (const beside of [0, 1]) {
    const { layers, feeder, evaluator, assembling } = await measureStageTimes({ ...options, beside });
    t.same(
      layers.map(({ forward: _, finish: _finish, learn: _learn, ...shape }) => shape),
      shapes,
    );
    for (const { of, forward, finish, learn } of layers) {
      t.equal(forward.length, options.repeats);
      t.equal(learn.length, options.repeats);
      t.equal(finish?.length, of === undefined ? undefined : options.repeats);
      t.ok([...forward, ...(finish ?? []), ...learn].every((milliseconds) => milliseconds > 0));
    }
    t.ok(feeder.length > 100 && feeder.every((milliseconds) => milliseconds > 0));
    // 2000 activations and a goodness of each row.
    t.equal(assembling.bytes, 2 * 4 * 2001 * 4);
    t.ok(assembling.milliseconds.length > 100 && assembling.milliseconds.every((milliseconds) => milliseconds > 0));
    t.ok(evaluator.length > 100 && evaluator.every((milliseconds) => milliseconds > 0));
  }
  t.end();
});

t.test('a program that fails says so', async (t) => {
  const recipe = recipeOf('sgd', 'silu');
  const options = {
    recipe,
    pairs: 4,
    shapes: [{ inputs: 0, overlay: 10, units: 16 }],
    threads: 1,
    beside: 0,
    repeats: 1,
  };
  await t.rejects(measureStageTimes(options), { code: 'ERR_BENCH_PROGRAM' });
  t.end();
});
