import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { assign, fixture, TestStage } from './support.js';

t.test('a stage ends with its node, however that dies', async (t) => {
  await t.test('killed while the stage is at work', async (t) => {
    const node = new TestStage(t, 'parent-program', ['live']);
    node.instruct(assign('feeder', {}, {}));
    node.order({ type: 'begin' });
    await node.event('telemetry');
    node.process.kill('SIGKILL');
    // The stage shares its node's standard output, which closes when both have ended.
    t.same(await node.exit, [null, 'SIGKILL']);
    t.notOk(node.history.includes('finished'));
  });
  await t.test('killed while the stage waits for its neighbours', async (t) => {
    const node = new TestStage(t, 'parent-program', ['live']);
    node.instruct(assign('evaluator', {}, { producer: 'feeder' }));
    await node.event('ready');
    node.process.kill('SIGKILL');
    t.same(await node.exit, [null, 'SIGKILL']);
  });
  await t.test('killed before the stage has loaded its program', async (t) => {
    t.same(await new TestStage(t, 'parent-program').exit, [null, 'SIGKILL']);
  });
  await t.test('or was never there', async (t) => {
    t.same(await once(spawn(process.execPath, [fixture('stage-program')]), 'exit'), [1, null]);
  });
  await t.test('or lets go of it', async (t) => {
    const stage = new TestStage(t);
    stage.instruct(assign('feeder', {}, {}));
    await stage.event('ready');
    stage.process.disconnect();
    // Node.js never says `close` of a process that it was disconnected from.
    t.same(await once(stage.process, 'exit'), [1, null]);
  });
});
