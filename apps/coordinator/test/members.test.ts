import { newSecret } from '@layerline/security';
import t from 'tap';
import { begunRun, configOf, FollowedRun, openCoordinator, STAGES } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

t.test('of two nodes of one name the second is refused, with its reason, and the first stays', async (t) => {
  const coordinator = await openCoordinator(t);
  const first = await ScriptedNode.join(coordinator, 'box');
  const second = await ScriptedNode.join(coordinator, 'box');
  t.match(second.refusal, /^a node named box is here already, on localhost: give this one another --name$/);
  t.equal(first.refusal, undefined);
  t.same(
    coordinator.nodes.all.map(({ name }) => name),
    ['box'],
  );
  first.die();
  await coordinator.nodes.until((nodes) => (nodes.length === 0 ? true : undefined), new AbortController().signal);
  t.equal((await ScriptedNode.join(coordinator, 'box')).refusal, undefined, 'once the first is gone, there is room');
});

t.test('a process that joins again takes its own place at once', async (t) => {
  const coordinator = await openCoordinator(t);
  const instance = newSecret();
  const before = await ScriptedNode.join(coordinator, 'box', {}, undefined, instance);
  const after = await ScriptedNode.join(coordinator, 'box', { cores: 7 }, undefined, instance);
  await before.until(() => before.refusal !== undefined);
  t.equal(after.refusal, undefined);
  t.match(coordinator.nodes.all, [{ name: 'box', capabilities: { cores: 7 } }]);
});

t.test(
  'a node whose run would have nowhere to go is not drained, and one that was drained can be had back',
  async (t) => {
    const { coordinator, node, run, tasks } = await begunRun(t);
    node.begin(tasks);
    const stranding = {
      code: 'ERR_STRANDING',
      message: /^Draining box would leave run .* nowhere to go: there is no other node\. /,
    };
    await t.rejects(coordinator.drain('box'), stranding);
    t.equal(coordinator.nodes.find('box')?.draining, false);
    t.same(
      run.notices.filter((notice) => notice.includes('moves')),
      [],
    );

    const idle = await ScriptedNode.join(coordinator, 'idle');
    await coordinator.drain('idle');
    const second = await FollowedRun.submit(t, coordinator);
    await node.started(2 * STAGES);
    t.same(idle.starts, []);
    coordinator.undrain('idle');
    t.equal(coordinator.nodes.find('idle')?.isOpen, true);
    await second.abort();
    t.throws(() => coordinator.undrain('nobody'), { code: 'ERR_UNKNOWN_NODE' });
  },
);

t.test('a placement on what there is not is refused, and not waited for', async (t) => {
  const coordinator = await openCoordinator(t);
  await ScriptedNode.join(coordinator, 'box');
  const submit = (placement: Record<string, string>) => coordinator.submit(configOf(coordinator, { placement }));
  await t.rejects(submit({ 'layer-1': 'bix' }), {
    code: 'ERR_PLACEMENT',
    message: 'placement: no node named bix has joined for layer-1 to run on (those that have: box)',
  });
  await t.rejects(submit({ 'lyer-1': 'box' }), {
    code: 'ERR_CONFIG',
    message: 'placement: there is no stage lyer-1: this network has feeder, layer-1, layer-2, evaluator',
  });
  t.same(coordinator.runs.all, []);
});

t.test('a node is not drained if its runs have room elsewhere one by one, but not together', async (t) => {
  const { coordinator, node, tasks } = await begunRun(t);
  node.begin(tasks);
  const second = await FollowedRun.submit(t, coordinator);
  node.begin((await node.started(2 * STAGES)).slice(STAGES));
  const other = await ScriptedNode.join(coordinator, 'other', { slots: 2 * STAGES - 1 });
  await t.rejects(coordinator.drain('box'), {
    code: 'ERR_STRANDING',
    message: new RegExp(`^Draining box would leave run ${second.run.id} .*: there is no node with a free slot for`),
  });
  t.same(other.starts, []);
});

t.test('a node is not drained if the others compute other numbers', async (t) => {
  const { coordinator, node, tasks } = await begunRun(t);
  node.begin(tasks);
  const unlike = await ScriptedNode.join(coordinator, 'unlike', {}, (probe) => ({
    type: 'probed',
    probe,
    numerics: 'unlike',
  }));
  await t.rejects(coordinator.drain('box'), {
    code: 'ERR_STRANDING',
    message: /nowhere to go: no node computes with the run's numerics \("alike"\)/,
  });
  t.same(unlike.starts, []);
});
