import t from 'tap';
import { openStore, pipeline } from './support.js';
import type { TestStage } from './support.js';

t.test('the life of two stages, from the assignment to the end of the stream', async (t) => {
  const { url, uploads } = await openStore(t, 204);
  const [feeder, evaluator] = await pipeline(t, { frames: 50 }, url);
  await Promise.all([feeder.event('ready'), feeder.event('linked'), evaluator.event('linked')]);
  t.same(feeder.history, ['listening', 'ready', 'linked']);
  t.same(evaluator.history, ['ready', 'linked']);
  // Ctrl-C in a terminal reaches every process; stages leave it to the coordinator.
  for (const stage of [feeder, evaluator]) stage.process.kill('SIGINT');
  for (const stage of [feeder, evaluator]) stage.order({ type: 'begin' });
  t.same(await Promise.all([feeder.exit, evaluator.exit]), [
    [0, null],
    [0, null],
  ]);
  t.same(feeder.history, ['listening', 'ready', 'linked', 'report', 'finished']);
  t.same(evaluator.history, ['ready', 'linked', 'report', 'finished']);
  // Each row is 2, and counts by its place in the stream.
  const sum = 2 * ((50 * 51) / 2);
  for (const stage of [feeder, evaluator]) t.same((await stage.event('report')).report, { sum, stopped: false });
  t.same(uploads.map(({ path }) => path).sort(), ['/parts/model/evaluator', '/parts/model/feeder']);
  for (const { body } of uploads) t.equal(body.readFloatLE(), sum);

  const last = evaluator.events.findLast((event) => event.type === 'telemetry')?.telemetry;
  const sent = feeder.events.findLast((event) => event.type === 'telemetry')?.telemetry;
  t.equal(evaluator.events.at(-2)?.type, 'telemetry', 'the last word before the end');
  t.ok(last !== undefined && last.memory > 1e6 && last.peakMemory >= last.memory * 0.5);
  // 50 frames of rows, and two barriers.
  t.match(last, { framesSent: 0, framesReceived: 52, bytesSent: 0 });
  t.match(sent, { framesSent: 52, framesReceived: 0 });
  t.ok(sent !== undefined && sent.bytesSent > 50 * 800);
  t.equal(last?.rows, 100);
  for (const telemetry of [last, sent]) {
    t.ok(telemetry !== undefined && telemetry.serializing > 0 && telemetry.serializing <= telemetry.elapsed);
    t.ok(telemetry !== undefined && telemetry.cpu > 0);
  }
  t.equal(feeder.stderr + evaluator.stderr, '');
});

t.test('a stream is stopped in order', async (t) => {
  const { url, uploads } = await openStore(t, 204);
  const [feeder, evaluator] = await pipeline(t, {}, url);
  await evaluator.event('linked');
  for (const stage of [feeder, evaluator]) stage.order({ type: 'begin' });
  await evaluator.event('telemetry');
  feeder.order({ type: 'stop' });
  t.same(await Promise.all([feeder.exit, evaluator.exit]), [
    [0, null],
    [0, null],
  ]);
  t.match((await feeder.event('report')).report, { stopped: true });
  t.equal(uploads.length, 2, 'and what was learned is stored');
});

t.test('when a stage is killed in the middle of the stream, its neighbour fails', async (t) => {
  for (const victim of [0, 1] as const) {
    await t.test(victim === 0 ? 'the producer' : 'the consumer', async (t) => {
      const stages = await pipeline(t, {});
      const [feeder, evaluator] = stages;
      await evaluator.event('linked');
      for (const stage of stages) stage.order({ type: 'begin' });
      await Promise.all([feeder.event('telemetry'), evaluator.event('telemetry')]);
      stages[victim].process.kill('SIGKILL');
      t.same(await stages[victim].exit, [null, 'SIGKILL']);
      const other = stages[1 - victim] as TestStage;
      const name = victim === 0 ? 'feeder' : 'evaluator';
      t.match(await other.event('failed'), {
        code: 'ERR_CONNECTION_LOST',
        message: new RegExp(`Lost the connection with ${name}: `),
      });
      await other.event('left');
      t.equal(other.history.at(-1), 'left', 'and waits for another assignment');
    });
  }
});
