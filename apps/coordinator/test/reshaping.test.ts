import type { Operation, OperationState } from '@layerline/api';
import { encodeSafetensors } from '@layerline/checkpoint';
import { layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { stagesOf } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { BATCH, FollowedRun, openCoordinator } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';
import { partsOf } from '../src/record/contents.js';

/** Wide enough for two shards each. */
const LAYERS = [200, 200];
const STAGES = 4;

interface Scene {
  readonly run: FollowedRun;
  readonly node: ScriptedNode;
  readonly tasks: readonly string[];
  readonly states: OperationState[];
}

/** A run whose frames flow, and which has been seen at its seventh batch. */
async function flowing(t: Test, slots = 8): Promise<Scene> {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box', { slots });
  const run = await FollowedRun.submit(t, coordinator, { layers: LAYERS });
  const states: OperationState[] = [];
  run.run.events.subscribe((event) => {
    if (event.type === 'operation' && states.at(-1) !== event.operation.state) states.push(event.operation.state);
  });
  const tasks = await node.started(STAGES);
  node.begin(tasks);
  await node.until(() => node.ordersOf(tasks[0] ?? '').includes('begin'));
  const report = { type: 'progress', epoch: 1, images: 7 * BATCH, trainSeconds: 1 };
  node.event(tasks.at(-1) ?? '', { type: 'report', report });
  await run.reported('progress');
  return { run, node, tasks, states };
}

/** Stores a snapshot as all stages of the present plan would. */
async function store({ run: { run } }: Scene, step: number): Promise<void> {
  const { record, plan } = run;
  const parts = partsOf(plan);
  for (const { stage, layer, range } of stagesOf(plan)) {
    const spec = layer === undefined ? undefined : plan.layers[layer];
    const state = spec === undefined ? [] : layerState(spec, range);
    const tensors = state.map(({ name, shape }) => ({ name, shape, data: new Float32Array(sizeOf(shape)) }));
    const bytes = spec === undefined ? Buffer.from('{}') : encodeSafetensors(tensors);
    await record.putSnapshot(step, parts.get(stage) ?? '', bytes);
  }
  run.events.emit({ type: 'snapshot', step });
}

/** Waits until an operation is over. */
async function over({ run: { run } }: Scene, id: number): Promise<Operation> {
  for (;;) {
    const found = run.changes.reshaping.log.find(id);
    if (found !== undefined && ['applied', 'rolled-back', 'refused', 'cancelled'].includes(found.state)) return found;
    await new Promise<void>((resolve) => {
      const leave = run.events.subscribe((event) => {
        if (event.type !== 'operation') return;
        leave();
        resolve();
      });
    });
  }
}

/** Asks for two shards of a layer, and waits until its snapshot is to be taken. */
async function scaling(scene: Scene, layer = 'layer-1'): Promise<number> {
  const feeder = scene.tasks[0] ?? '';
  const { id } = scene.run.run.changes.begin({ kind: 'scale', layer, shards: 2 });
  await scene.node.until(() => scene.node.ordersOf(feeder).includes('snapshot'));
  return id;
}

t.test('a layer is cut at a snapshot for which frames are held', async (t) => {
  const scene = await flowing(t);
  const { node, run, tasks, states } = scene;
  const id = await scaling(scene);
  t.same(node.ordersOf(tasks[0] ?? ''), ['start', 'begin', 'pause', 'snapshot']);
  await store(scene, 8);
  const later = await node.started(2 * STAGES + 1);
  const stages = later.slice(STAGES).map((task) => task.split('/').slice(2).join('/'));
  t.same(stages, ['feeder', 'layer-1/1', 'layer-1/2', 'layer-2', 'evaluator']);
  const assigned = node.told.flatMap((message) => {
    return message.type === 'start' && message.assignment.stage === 'layer-1/2' ? [message.assignment] : [];
  });
  t.match(assigned, [{ resume: 8, peers: [{ stage: 'layer-1/1', waits: false }], inputs: [{ stage: 'feeder' }] }]);
  node.begin(later.slice(STAGES));
  for (const [one, other] of [['layer-1/2', 'layer-1/1']] as const) {
    node.event(later.find((task) => task.endsWith(one)) ?? '', { type: 'linked', neighbour: other });
  }
  t.match(await over(scene, id), { state: 'applied', revision: 1, detail: null });
  t.same(states, ['accepted', 'waiting', 'snapshotting', 'moving', 'applied']);
  const { topology, restarts, state } = run.run.status();
  t.same([topology.revision, topology.shards, restarts, state], [1, [2, 1], 0, 'running']);
  t.equal(run.run.record.journal.revision?.number, 1, 'and the journal has it');
});

t.test('a change whose life fails before frames flow is undone', async (t) => {
  const scene = await flowing(t);
  const { node, run, states } = scene;
  const id = await scaling(scene);
  await store(scene, 8);
  const later = (await node.started(2 * STAGES + 1)).slice(STAGES);
  node.exit(later[1] ?? '', null, 'SIGKILL');
  const again = (await node.started(3 * STAGES + 1)).slice(2 * STAGES + 1);
  node.begin(again);
  const { state, detail } = await over(scene, id);
  t.equal(state, 'rolled-back');
  t.match(detail, /layer-1\/1 .*was killed by SIGKILL/);
  t.same(states, ['accepted', 'waiting', 'snapshotting', 'moving', 'rolled-back']);
  t.same(run.run.status().topology, { revision: 2, shards: [1, 1], threads: 1 });
  t.match(run.run.status().notices.at(-1), { sentence: /operation 1 was undone/ });
});

t.test('a change whose snapshot cannot be stored leaves the run as it is, training', async (t) => {
  const scene = await flowing(t);
  const { node, run, tasks } = scene;
  const id = await scaling(scene);
  node.event(tasks[0] ?? '', { type: 'snapshot-failed', step: 8, message: 'the disk is full' });
  t.match(await over(scene, id), { state: 'rolled-back', detail: /could not be stored/ });
  await node.until(() => node.ordersOf(tasks[0] ?? '').includes('resume'));
  t.equal(run.run.status().generation, 0, 'in the same life');
});

t.test('what nodes have no room for is refused, and nothing is held', async (t) => {
  const scene = await flowing(t, STAGES);
  const { id } = scene.run.run.changes.begin({ kind: 'scale', layer: 'layer-2', shards: 2 });
  t.match(await over(scene, id), { state: 'refused', detail: /there is no node with a free slot for/ });
  t.same(scene.node.ordersOf(scene.tasks[0] ?? ''), ['start', 'begin']);
  await t.rejects(scene.run.run.changes.preview({ kind: 'scale', layer: 'layer-2', shards: 2 }), {
    code: 'ERR_PLACEMENT',
  });
});

t.test('one change at a time, once for each request, and none that changes nothing', async (t) => {
  const scene = await flowing(t);
  const { changes } = scene.run.run;
  const first = changes.begin({ kind: 'scale', layer: 'layer-1', shards: 2 }, 'mine');
  t.equal(changes.begin({ kind: 'scale', layer: 'layer-1', shards: 2 }, 'mine').id, first.id);
  t.throws(() => changes.begin({ kind: 'scale', layer: 'layer-2', shards: 2 }), { code: 'ERR_OPERATION_BUSY' });
  t.throws(() => changes.begin({ kind: 'scale', layer: 'layer-2', shards: 1 }), { code: 'ERR_NOTHING_TO_CHANGE' });
  t.throws(() => changes.begin({ kind: 'scale', layer: 'layer-2', shards: 3 }), { code: 'ERR_CONFIG' });
  t.throws(() => changes.begin({ kind: 'move', stage: 'layer-7', node: 'box' }), { code: 'ERR_UNKNOWN_STAGE' });
  t.throws(() => changes.begin({ kind: 'move', stage: 'layer-1', node: 'box' }), { code: 'ERR_NOTHING_TO_CHANGE' });
  t.equal(changes.cancel(first.id).state, 'cancelled');
  t.throws(() => changes.cancel(first.id), { code: 'ERR_OPERATION_OVER' });
  t.throws(() => changes.cancel(9), { code: 'ERR_UNKNOWN_OPERATION' });
  t.same(scene.node.ordersOf(scene.tasks[0] ?? ''), ['start', 'begin'], 'it had held nothing yet');
});
