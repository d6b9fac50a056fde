import t from 'tap';
import { FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

t.test('when every stage has lost a connection and is gone, that is a failure like any other', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const run = await FollowedRun.submit(t, coordinator);
  const tasks = await node.started(STAGES);
  node.begin(tasks);
  for (const task of tasks) {
    node.event(task, { type: 'failed', code: 'ERR_CONNECTION_LOST', message: 'the link has been cut' });
    node.exit(task, 1);
  }
  await run.noticed(/^feeder \(pid unknown\) failed: the link has been cut; going back to the newest snapshot$/);
  t.equal((await node.started(2 * STAGES)).length, 2 * STAGES, 'the next life begins');
});

t.test('a better cause than a lost connection counts, though it comes later', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const run = await FollowedRun.submit(t, coordinator);
  const [first = '', second = ''] = await node.started(STAGES);
  node.event(first, { type: 'failed', code: 'ERR_CONNECTION_LOST', message: 'the link has been cut' });
  node.exit(first, 1);
  node.exit(second, null, 'SIGSEGV');
  await run.noticed(/^layer-1 .* was killed by SIGSEGV/);
});

t.test('stages that all finish without an end of the stream have failed', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const run = await FollowedRun.submit(t, coordinator);
  const tasks = await node.started(STAGES);
  node.begin(tasks);
  for (const task of tasks) {
    node.event(task, { type: 'finished' });
    node.exit(task);
  }
  await run.noticed(
    /^All stages of run .* have finished, but its evaluator has not reported the end of the stream; going/,
  );
});
