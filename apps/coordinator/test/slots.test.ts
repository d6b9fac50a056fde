import t from 'tap';
import { FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

const NO_SLOT = /^waiting: there is no node with a free slot/;

t.test('a run that waits for a slot begins when another one has ended', async (t) => {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box', { slots: STAGES });
  const first = await FollowedRun.submit(t, coordinator);
  await node.started(STAGES);
  const second = await FollowedRun.submit(t, coordinator);
  await second.noticed(NO_SLOT);
  await first.abort();
  const tasks = await node.started(2 * STAGES);
  t.ok(tasks.slice(-STAGES).every((task) => task.startsWith(`${second.id}/`)));
});

t.test('of two runs that wait for the same slots, one gets them', async (t) => {
  const coordinator = await openCoordinator(t);
  const small = await ScriptedNode.join(coordinator, 'small', { slots: 1 });
  const runs = [await FollowedRun.submit(t, coordinator), await FollowedRun.submit(t, coordinator)] as const;
  await Promise.all(runs.map((run) => run.noticed(NO_SLOT)));
  const noticed = runs.map((run) => run.notices.length);
  const node = await ScriptedNode.join(coordinator, 'box', { slots: STAGES - 1 });
  const waiting = await Promise.race(
    runs.map(async (run, index) => {
      await run.noticed(NO_SLOT, noticed[index]);
      return run;
    }),
  );
  const [other] = runs.filter((run) => run !== waiting) as [FollowedRun];
  const tasks = [...(await small.started(1)), ...(await node.started(STAGES - 1))];
  t.same(new Set(tasks.map((task) => task.split('/')[0])), new Set([other.id]));
  t.equal(waiting.run.status().state, 'waiting');
});
