import t from 'tap';
import { configOf, FollowedRun, openCoordinator } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

t.test('a run is found by its name, and no other is given the same', async (t) => {
  const coordinator = await openCoordinator(t);
  await ScriptedNode.join(coordinator, 'box');
  const named = await coordinator.submit(configOf(coordinator), { name: 'wide-net' });
  t.teardown(async () => {
    named.abort(new Error('the test is over'));
    await named.ended.catch(() => undefined);
  });
  t.match(named.id, /-wide-net$/);
  for (const text of ['wide-net', 'ide-net', named.id.slice(0, 19)])
    t.equal(await coordinator.runs.view(text), named, text);
  t.equal((await coordinator.runs.kept('wide-net')).index, named.record.recorder.index);
  await t.rejects(coordinator.submit(configOf(coordinator), { name: 'wide-net' }), {
    code: 'ERR_NAME_TAKEN',
    message: `The name wide-net is taken by run ${named.id}: give another, or remove that one with layerline runs rm wide-net`,
  });
  t.equal(coordinator.runs.all.length, 1);
});

t.test('a text that may be several runs is refused with their ids, and one that is none as it is', async (t) => {
  const coordinator = await openCoordinator(t);
  await ScriptedNode.join(coordinator, 'box', { slots: 16 });
  const runs = [await FollowedRun.submit(t, coordinator), await FollowedRun.submit(t, coordinator)];
  await t.rejects(coordinator.runs.view(`${new Date().getUTCFullYear()}`), {
    code: 'ERR_AMBIGUOUS_RUN',
    message: new RegExp(runs.map(({ id }) => `(?=.*${id})`).join('')),
  });
  await t.rejects(coordinator.runs.view('nobody'), { code: 'ERR_UNKNOWN_RUN', message: /no run nobody:/ });
});
