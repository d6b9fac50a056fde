import t from 'tap';
import { FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';
import type { ProbeAnswer } from './support/scripted-node.js';

const silent: ProbeAnswer = () => undefined;

t.test('a run that no node can compute says why, and begins once one can', async (t) => {
  const coordinator = await openCoordinator(t, { failureKept: 1 });
  let isBroken = true;
  const node = await ScriptedNode.join(coordinator, 'box', {}, (probe) => {
    if (isBroken) return { type: 'probe-failed', probe, message: 'no room for the plan\nat openBackend' };
    return { type: 'probed', probe, numerics: 'alike' };
  });
  const run = await FollowedRun.submit(t, coordinator);
  await run.noticed(/^waiting: no node can compute the plan; box: no room for the plan$/);
  await node.until(() => node.told.filter(({ type }) => type === 'probe').length > 2);
  t.equal(run.notices.length, 2, 'each sentence is said once');
  isBroken = false;
  await node.started(STAGES);
});

t.test(
  'a node that leaves its probe without an answer is passed over after a while, and its late answer counts',
  async (t) => {
    const coordinator = await openCoordinator(t, { patience: 1 });
    const hung = await ScriptedNode.join(coordinator, 'hung', {}, silent);
    const run = await FollowedRun.submit(t, coordinator);
    await run.noticed(/^waiting: no node can compute the plan; hung: it has not reported its numerics yet$/);
    const good = await ScriptedNode.join(coordinator, 'good');
    await good.started(STAGES);
    t.same(hung.starts, []);

    const other = await FollowedRun.submit(t, coordinator, { placement: { evaluator: 'hung' } });
    await other.noticed(/evaluator is placed on hung.*; hung: it has not reported its numerics yet$/);
    const probe = hung.told.find((message) => message.type === 'probe');
    hung.probed(probe?.probe ?? NaN, 'alike');
    t.match(await hung.started(1), [/\/evaluator$/]);
  },
);

t.test('an answer that may still come is waited for', async (t) => {
  const coordinator = await openCoordinator(t);
  const slow = await ScriptedNode.join(coordinator, 'slow', { slots: 2 }, silent);
  const quick = await ScriptedNode.join(coordinator, 'quick', { slots: STAGES - 1 });
  const run = await FollowedRun.submit(t, coordinator);
  await run.noticed(/^waiting: slow is working out its numerics$/);
  await slow.until(() => slow.told.some(({ type }) => type === 'probe'));
  const probe = slow.told.find((message) => message.type === 'probe');
  slow.probed(probe?.probe ?? NaN, 'alike');
  await slow.started(1);
  await quick.started(1);
});
