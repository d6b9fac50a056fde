import t from 'tap';
import { measureStageTimes } from '../src/simulation/stage-times.js';
import { recipeOf } from '../src/work.js';

t.test('layers, feeder and evaluator are timed, with another layer beside and without', async (t) => {
  const shapes = [
    { inputs: 24, overlay: 10, units: 16 },
    { inputs: 16, overlay: 0, units: 32 },
  ];
  const options = { recipe: recipeOf('sgd', 'silu'), pairs: 4, shapes, threads: 1, repeats: 3 };
  for (const beside of [0, 1]) {
    const { layers, feeder, evaluator } = await measureStageTimes({ ...options, beside });
    t.same(
      layers.map(({ inputs, overlay, units }) => ({ inputs, overlay, units })),
      shapes,
    );
    for (const { forward, learn } of layers) {
      t.equal(forward.length, options.repeats);
      t.equal(learn.length, options.repeats);
      t.ok([...forward, ...learn].every((milliseconds) => milliseconds > 0));
    }
    t.ok(feeder.length > 100 && feeder.every((milliseconds) => milliseconds > 0));
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
