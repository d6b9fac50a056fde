import { encodeSafetensors } from '@layerline/checkpoint';
import { layerState } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { stageOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Assignment, Barrier, Rows } from '@layerline/protocol';
import type { Resumption, StageServices } from '@layerline/stage';
import t from 'tap';
import { FeederRole, LayerHost } from '../src/index.js';
import type { LayerRole } from '../src/index.js';
import { pictures } from './support/data.js';
import { collect, planOf, streamOf } from './support/run.js';

const DATA = pictures(64, 20);
const PLAN = planOf({ layers: [200], batch: 8, observeEvery: 0 }, DATA.train.count);
const nowhere = async (): Promise<void> => undefined;
const SERVICES: StageServices = {
  report: () => undefined,
  storeModel: nowhere,
  storeSnapshot: nowhere,
  storeLook: nowhere,
  exchange: async () => [],
};

function assignment(plan: Plan, stage = 'layer-1', run = 'run-1'): Assignment {
  const life = { run, incarnation: 0, generation: 0, stage, role: 'layer' as const };
  return { ...life, settings: plan, inputs: [], outputs: [], peers: [], store: { path: '/parts', secret: 's' } };
}

/** A snapshot at a step, and how often it has been fetched. */
function stored(step: number, plan: Plan, stage = 'layer-1'): Resumption & { readonly fetched: () => number } {
  let fetched = 0;
  const { layer = 0, range } = stageOf(stage, plan);
  const spec = plan.layers[layer] as Plan['layers'][number];
  const tensors = layerState(spec, range).map(({ name, shape }) => {
    return { name, shape, data: new Float32Array(sizeOf(shape)) };
  });
  return {
    step,
    read: async () => {
      fetched++;
      return encodeSafetensors(tensors);
    },
    fetched: () => fetched,
  };
}

const SNAPSHOT: Barrier = { kind: 'barrier', order: { type: 'snapshot', step: 1 } };

/** Trains one batch, takes a snapshot, and trains so many batches more. */
async function train(role: LayerRole, more = 0): Promise<void> {
  const [first, ...others] = await batches(1 + more);
  await collect(role.transform(streamOf(first as Rows, SNAPSHOT, ...others)));
  await role.close();
}

async function batches(count: number): Promise<Rows[]> {
  const rows: Rows[] = [];
  for await (const frame of new FeederRole(PLAN, DATA, SERVICES).transform()) {
    if (frame.kind === 'rows') rows.push(frame);
    if (rows.length === count) break;
  }
  return rows;
}

t.test('a layer that has learned nothing since the snapshot keeps its state, and any other fetches it', async (t) => {
  const host = new LayerHost();
  const open = async (plan: Plan, from?: Resumption, stage?: string, run?: string): Promise<LayerRole> => {
    return (await host.open(assignment(plan, stage, run), SERVICES, from)) as LayerRole;
  };
  const first = await open(PLAN);
  await train(first);
  const weights = Float32Array.from(await first.layer.weights());

  const kept = stored(1, PLAN);
  const second = await open(PLAN, kept);
  t.equal(kept.fetched(), 0);
  t.equal(second.layer, first.layer);
  t.same(await second.layer.weights(), weights);
  t.equal(second.layer.engine, first.layer.engine);

  // It goes beyond the snapshot, so that the state of that has to come from the store.
  await collect(second.transform(streamOf(...(await batches(2)).slice(1))));
  await second.close();
  const fetched = stored(1, PLAN);
  const third = await open(PLAN, fetched);
  t.equal(fetched.fetched(), 1);
  t.ok(
    (await third.layer.weights()).every((weight) => weight === 0),
    'as it is stored',
  );
  t.equal(third.layer.graphs, second.layer.graphs, 'what is compiled stays');

  const CUT: Plan = { ...PLAN, shards: [2] };
  const shard = stored(1, CUT, 'layer-1/2');
  const fourth = await open(CUT, shard, 'layer-1/2');
  t.equal(shard.fetched(), 1, 'another cut');
  t.equal(fourth.layer.width, 100);
  t.not(fourth.layer.graphs, third.layer.graphs);
  t.equal(fourth.layer.engine, first.layer.engine);

  const other = stored(1, PLAN);
  await open(PLAN, other, 'layer-1', 'run-2');
  t.equal(other.fetched(), 1, 'another run');
  await first.layer.engine.close();
});
