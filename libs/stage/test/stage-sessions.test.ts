import t from 'tap';
import { assign, HOST, openStore, pipeline } from './support.js';
import type { TestStage } from './support.js';

/** Assigns a feeder and an evaluator anew, and lets their frames flow. */
async function again(feeder: TestStage, evaluator: TestStage, store: string): Promise<void> {
  for (const stage of [feeder, evaluator]) stage.events.length = 0;
  feeder.instruct(assign('feeder', { frames: 20 }, { consumer: 'evaluator', store }));
  evaluator.instruct(assign('evaluator', {}, { producer: 'feeder', store }));
  const [{ port }] = await Promise.all([feeder.event('listening'), evaluator.event('ready')]);
  evaluator.order({ type: 'connect', neighbour: 'feeder', address: `ws://${HOST}:${port}` });
  await Promise.all([feeder.event('ready'), evaluator.event('linked')]);
  for (const stage of [feeder, evaluator]) stage.order({ type: 'begin' });
}

t.test('a process that is told to leave says so and nothing else, and takes another assignment', async (t) => {
  const { url, uploads } = await openStore(t, 204);
  const [feeder, evaluator] = await pipeline(t, {}, url);
  await Promise.all([feeder.event('ready'), evaluator.event('linked')]);
  for (const stage of [feeder, evaluator]) stage.order({ type: 'begin' });
  await Promise.all([feeder.event('telemetry'), evaluator.event('telemetry')]);
  for (const stage of [feeder, evaluator]) stage.instruct({ type: 'leave' });
  await Promise.all([feeder.event('left'), evaluator.event('left')]);
  t.same(feeder.history, ['listening', 'ready', 'linked', 'left']);
  t.same(uploads, [], 'nothing is stored');

  await again(feeder, evaluator, url);
  t.same(await Promise.all([feeder.exit, evaluator.exit]), [
    [0, null],
    [0, null],
  ]);
  t.same(feeder.history, ['listening', 'ready', 'linked', 'report', 'finished']);
  const sum = 2 * ((20 * 21) / 2);
  t.match((await evaluator.event('report')).report, { sum }, 'the sums of the second stream alone');
});

t.test('a process leaves before it is linked, and while it is paused', async (t) => {
  const { url } = await openStore(t, 204);
  const [feeder, evaluator] = await pipeline(t, {}, url);
  await feeder.event('ready');
  for (const stage of [feeder, evaluator]) stage.instruct({ type: 'leave' });
  await Promise.all([feeder.event('left'), evaluator.event('left')]);
  t.notOk(feeder.history.includes('failed'));
  await again(feeder, evaluator, url);
  t.same(await feeder.exit, [0, null]);
});
