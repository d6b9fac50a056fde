import { BACKENDS } from '@layerline/plan';
import t from 'tap';
import { timeSteps, tryBackend } from '../src/index.js';

const OPTIONS = { threads: 1, spinning: false };

await t.test('every backend can be tried, and says what it does or why not', async (t) => {
  for (const backend of BACKENDS) {
    const trial = await tryBackend(backend, OPTIONS, async ({ identity }) => `${identity.engine}/${identity.backend}`);
    if (trial.available) t.equal(trial.result, backend);
    else t.match(trial.reason, /\S/, backend);
    if (backend === 'tfjs/cpu') t.ok(trial.available, 'plain JavaScript works everywhere');
  }
});

await t.test('steps are timed until the time is over, and at least once', async (t) => {
  const layer = { units: 8, rows: 4 };
  for (const backend of BACKENDS) {
    const trial = await tryBackend(backend, OPTIONS, async (engine) => {
      const began = performance.now();
      const once = await timeSteps(engine, layer, 0);
      let often = once;
      // On a busy machine, one step may take all of the time.
      for (let budget = 100; often.steps < 2; budget *= 2) often = await timeSteps(engine, layer, budget);
      return { once, often, elapsed: performance.now() - began };
    });
    if (!trial.available) continue;
    const { once, often, elapsed } = trial.result;
    t.equal(once.steps, 1, backend);
    t.ok(often.millisecondsPerStep > 0, backend);
    t.ok(
      often.millisecondsPerStep * often.steps <= 2 * elapsed,
      'half of the steps take as long as the median, or longer',
    );
  }
});
