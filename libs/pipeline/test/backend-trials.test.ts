import t from 'tap';
import { BACKENDS, timeSteps, tryBackends } from '../src/index.js';

const OPTIONS = { threads: 1, spinning: false };

await t.test('every backend is tried in the order of auto, and says what it does or why not', async (t) => {
  const trials = await tryBackends(OPTIONS, async ({ identity }) => `${identity.engine}/${identity.backend}`);
  t.same(
    trials.map(({ backend }) => backend),
    BACKENDS,
  );
  for (const trial of trials) {
    if (trial.available) t.equal(trial.result, trial.backend);
    else t.match(trial.reason, /\S/, trial.backend);
  }
  t.ok(trials.find(({ backend }) => backend === 'tfjs/cpu')?.available, 'plain JavaScript works everywhere');
});

await t.test('steps are timed until the time is over, and at least once', async (t) => {
  const trials = await tryBackends(OPTIONS, async (engine) => {
    return [await timeSteps(engine, { units: 8, rows: 4 }, 0), await timeSteps(engine, { units: 8, rows: 4 }, 100)];
  });
  for (const trial of trials) {
    if (!trial.available) continue;
    const [once, often] = trial.result;
    t.equal(once?.steps, 1, trial.backend);
    t.ok((often?.steps ?? 0) > 1 && (often?.millisecondsPerStep ?? 0) > 0, trial.backend);
    t.ok((often?.millisecondsPerStep ?? Infinity) * (often?.steps ?? 0) < 1000, 'a median of the steps that were made');
  }
});
