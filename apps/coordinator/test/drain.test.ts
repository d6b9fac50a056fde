import t from 'tap';
import { BATCH, begunRun, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

t.test('a run is moved from a snapshot that is no older than the order', async (t) => {
  const { coordinator, node, run, tasks } = await begunRun(t);
  const [feeder = ''] = tasks;
  const evaluator = tasks.at(-1) ?? '';
  node.begin(tasks);
  await node.until(() => node.ordersOf(feeder).includes('begin'));
  node.event(evaluator, { type: 'report', report: { type: 'progress', epoch: 1, images: 7 * BATCH, trainSeconds: 1 } });
  await run.reported('progress');

  const states: string[] = [];
  run.run.subscribe((event) => {
    if (event.type === 'state') states.push(event.state);
  });
  const other = await ScriptedNode.join(coordinator, 'desk');
  const drained = coordinator.drain('box');
  await node.until(() => node.ordersOf(feeder).includes('snapshot'));
  const giveUp = (step: number): void =>
    node.event(feeder, { type: 'snapshot-failed', step, message: 'the disk is full' });
  giveUp(6);
  await node.until(() => node.ordersOf(feeder).includes('settled 6'));
  giveUp(7);
  await drained;
  t.same(node.ordersOf(feeder), ['start', 'begin', 'snapshot', 'settled 6', 'settled 7', 'leave']);
  await run.noticed(/moves: box is drained; going on from the newest snapshot$/);
  await other.started(STAGES);
  t.equal(node.starts.length, STAGES, 'the drained node gets no more');
  t.same(states, ['reshaping', 'waiting', 'starting'], 'nothing has failed');
  t.equal(run.run.status().restarts, 0);
});

t.test('a wait for a drain may be given up, and asking again waits for the same', async (t) => {
  const { coordinator, node, run, tasks } = await begunRun(t);
  const [feeder = ''] = tasks;
  node.begin(tasks);
  await node.until(() => node.ordersOf(feeder).includes('begin'));
  const other = await ScriptedNode.join(coordinator, 'desk');
  const left = ['feeder', 'evaluator', 'layer-1', 'layer-2'].map((stage) => ({ run: run.id, stage }));
  const ended = coordinator.drain('box');
  await node.until(() => node.ordersOf(feeder).includes('snapshot'));
  t.same(await coordinator.drain('box', 0), { done: false, left });
  node.event(feeder, { type: 'snapshot-failed', step: 1, message: 'the disk is full' });
  t.same(await ended, { done: true, left: [] });
  t.same(node.ordersOf(feeder), ['start', 'begin', 'snapshot', 'settled 1', 'leave'], 'it was moved once');
  await other.started(STAGES);
  t.same(await coordinator.drain('box', 20), { done: true, left: [] });
});
