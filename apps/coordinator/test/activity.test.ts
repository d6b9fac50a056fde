import { newSecret } from '@layerline/security';
import t from 'tap';
import type { Test } from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import type { Activity } from '../src/events/activity.js';
import { RunActivities } from '../src/events/run-activity.js';
import { begunRun, FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

const JOINED = { type: 'node-joined', host: 'localhost', cores: 2, slots: 8 };

/** Reads what happens at a coordinator, one after another. */
function reader(t: Test, coordinator: Coordinator): () => Promise<Activity> {
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const activities = coordinator.activity.follow(ending.signal);
  return async () => (await activities.next()).value as Activity;
}

t.test('who joins, says goodbye and is lost is told once each', async (t) => {
  const coordinator = await openCoordinator(t);
  const next = reader(t, coordinator);
  const orderly = await ScriptedNode.join(coordinator, 'orderly');
  t.same(await next(), { ...JOINED, node: 'orderly' });
  orderly.socket.close(1000);
  t.same(await next(), { type: 'node-left', node: 'orderly' });
  const killed = await ScriptedNode.join(coordinator, 'killed');
  t.same(await next(), { ...JOINED, node: 'killed' });
  killed.die();
  t.same(await next(), { type: 'node-lost', node: 'killed', reason: 'the connection broke off' });
});

t.test('of a node that takes its own place, and of one that is refused, nothing is told', async (t) => {
  const coordinator = await openCoordinator(t);
  const next = reader(t, coordinator);
  const instance = newSecret();
  const before = await ScriptedNode.join(coordinator, 'box', {}, undefined, instance);
  await ScriptedNode.join(coordinator, 'box', {}, undefined, instance);
  await before.until(() => before.refusal !== undefined);
  await ScriptedNode.join(coordinator, 'box');
  await ScriptedNode.join(coordinator, 'last');
  t.same(await next(), { ...JOINED, node: 'box' });
  t.same(await next(), { ...JOINED, node: 'last' });
});

t.test('draining is told from its beginning to its end, and only where it changes something', async (t) => {
  const coordinator = await openCoordinator(t);
  await ScriptedNode.join(coordinator, 'box');
  const next = reader(t, coordinator);
  await coordinator.drain('box');
  coordinator.undrain('box');
  coordinator.undrain('box');
  await ScriptedNode.join(coordinator, 'last');
  t.same(await next(), { type: 'node-draining', node: 'box' });
  t.same(await next(), { type: 'node-drained', node: 'box' });
  t.same(await next(), { type: 'node-undrained', node: 'box' });
  t.same(await next(), { ...JOINED, node: 'last' });
});

t.test('a run is told of from its submission through a failure to its end', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const next = reader(t, coordinator);
  const { id, run } = await FollowedRun.submit(t, coordinator);
  t.same(await next(), { type: 'run-submitted', run: id, units: [16, 16], epochs: 5 });
  t.same(await next(), { type: 'run-noticed', run: id, sentence: 'waiting: box is working out its numerics' });
  const tasks = await node.started(STAGES);
  node.begin(tasks);
  t.same(await next(), { type: 'run-training', run: id, nodes: ['box'] });
  run.steering.pause();
  t.same(await next(), { type: 'run-paused', run: id });
  run.steering.resume();
  t.same(await next(), { type: 'run-resumed', run: id });
  node.die();
  t.same(await next(), { type: 'node-lost', node: 'box', reason: 'the connection broke off' });
  const why = await next();
  t.match(why, { type: 'run-noticed', run: id, sentence: /box.*; going back to the newest snapshot$/ });
  t.match(await next(), { type: 'run-noticed', run: id, sentence: /^waiting: / });
  run.abort(new Error('enough'));
  t.match(await next(), { type: 'run-ended', run: id, end: { error: { message: 'enough' } }, seconds: Number });
});

t.test('what a reader has not asked for any more is not kept for it', async (t) => {
  const { coordinator } = await begunRun(t);
  const ending = new AbortController();
  const activities = coordinator.activity.follow(ending.signal);
  ending.abort();
  await ScriptedNode.join(coordinator, 'late');
  t.same(await activities.next(), { done: true, value: undefined });
});

t.test("a change of a run's stages is told when it is over, and not the stop and go that it takes", (t) => {
  const activities = new RunActivities({ placement: new Map([['feeder', 'box']]) }, '2026-01-01T00:00:00.000Z');
  const envelope = { id: '0.0.1', at: '2026-01-01T00:01:30.000Z' };
  const operation = {
    id: 1,
    requestId: null,
    change: { kind: 'scale', layer: 'layer-1', from: 1, to: 2 },
    detail: null,
    revision: 1,
    bytes: 0,
    seconds: 1,
    pausedSeconds: 0,
  } as const;
  const told = [
    activities.of({ ...envelope, type: 'state', state: 'starting' }),
    activities.of({ ...envelope, type: 'state', state: 'running' }),
    activities.of({ ...envelope, type: 'operation', operation: { ...operation, state: 'moving' } }),
    activities.of({ ...envelope, type: 'state', state: 'reshaping' }),
    activities.of({ ...envelope, type: 'operation', operation: { ...operation, state: 'applied' } }),
    activities.of({ ...envelope, type: 'state', state: 'running' }),
    activities.of({ ...envelope, type: 'ended', end: { error: { code: 'ERR_X', message: 'broken' } } }),
  ];
  t.same(
    told.filter((each) => each !== undefined),
    [
      { type: 'run-training', nodes: ['box'] },
      { type: 'run-reshaped', operation: { ...operation, state: 'applied' } },
      { type: 'run-ended', end: { error: { code: 'ERR_X', message: 'broken' } }, seconds: 90 },
    ],
  );
  t.end();
});
