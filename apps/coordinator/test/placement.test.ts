import { knownSummary } from '@layerline/datasets';
import { applyPreset, makePlan } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import t from 'tap';
import { planFor, planOn } from '../src/planner.js';
import { place } from '../src/placement.js';

const BACKEND = 'onnx/c-api';
const DIGITS = { name: 'digits', seed: 1 } as const;
const MNIST = { name: 'mnist', directory: '/elsewhere' } as const;

function planOf(layers: number[], dataset: Plan['dataset'] = DIGITS): Plan {
  const engine = { backend: BACKEND, threads: 1, spinning: false, concurrency: 1 };
  return makePlan(applyPreset('quick', { layers }), {
    dataset,
    summary: { ...knownSummary('digits'), trainByClass: [1_000], testRows: 100 },
    engine,
  });
}

function capabilitiesOf(overrides: Partial<Capabilities> = {}): Capabilities {
  return {
    host: 'host',
    ports: { from: 0, to: 0 },
    dialsOut: false,
    cores: 2,
    memory: 1e9,
    slots: 8,
    engines: [{ backend: BACKEND, version: '1', millisecondsPerStep: 10 }],
    datasets: [],
    programs: [],
    ...overrides,
  };
}

const node = (name: string, overrides: Partial<Capabilities> = {}, draining = false) => ({
  name,
  reserved: 0,
  isOpen: !draining,
  capabilities: capabilitiesOf(overrides),
});

function placed(...given: Parameters<typeof place>): Record<string, string> | string {
  const found = place(...given);
  if ('missing' in found) return found.missing;
  return Object.fromEntries([...found.nodes].map(([stage, { name }]) => [stage, name]));
}

t.test('equal layers are spread over equal nodes', (t) => {
  const found = placed(planOf([784, 784, 784]), [node('a'), node('b'), node('c')]) as Record<string, string>;
  t.same(['layer-1', 'layer-2', 'layer-3'].map((stage) => found[stage]).sort(), ['a', 'b', 'c']);
  t.end();
});

t.test('more cores and a faster engine get the dearer layers', (t) => {
  const fast = { engines: [{ backend: BACKEND, version: '1', millisecondsPerStep: 1 }] };
  t.match(placed(planOf([2000, 100]), [node('a'), node('b', fast)]), { 'layer-1': 'b' });
  t.match(placed(planOf([2000, 100]), [node('a'), node('b', { cores: 16 })]), { 'layer-1': 'b' });
  t.end();
});

t.test('what is placed by hand stays there, and slots are not overdrawn', (t) => {
  const byHand = { 'layer-1': 'b', evaluator: 'b' };
  t.match(placed(planOf([50, 50]), [node('a'), node('b', { slots: 2 })], byHand), {
    ...byHand,
    'layer-2': 'a',
    feeder: 'a',
  });
  t.match(placed(planOf([50, 50]), [node('a')], byHand), /^evaluator is placed on b, which has not joined/);
  t.equal(placed(planOf([50, 50]), [node('a', { slots: 3 })]), 'there is no node with a free slot for layer-2');
  t.end();
});

t.test('a node that is drained gets nothing', (t) => {
  const found = placed(planOf([50, 50]), [node('a', {}, true), node('b')]);
  t.same(new Set(Object.values(found)), new Set(['b']));
  t.end();
});

/** MNIST as a node offers it, with so many rows. */
function mnistOf(train: number, test: number): Capabilities['datasets'][number] {
  const { spec, ...known } = knownSummary('mnist');
  const classes = [...spec.classes];
  const summary = { ...known, spec: { ...spec, classes }, trainByClass: [train], testRows: test };
  return { name: 'mnist', reference: { name: 'mnist', directory: '/data/mnist' }, summary };
}

t.test('the feeder goes where the data is, and takes it from there', (t) => {
  const datasets = [mnistOf(60_000, 10_000)];
  const plan = { ...planOf([50], MNIST), data: { ...planOf([50]).data, sha256: knownSummary('mnist').sha256 } };
  t.match(placed(plan, [node('a'), node('b', { datasets, cores: 1 })]), { feeder: 'b' });
  t.equal(placed(plan, [node('a')]), 'there is no node that has mnist with a free slot for feeder');
  t.same(planOn(capabilitiesOf({ datasets }), plan).dataset, { name: 'mnist', directory: '/data/mnist' });
  t.same(planOn(capabilitiesOf(), planOf([50])), planOf([50]), 'nothing to change for built-in data');
  t.end();
});

t.test('two neighbours that can only dial are not linked', (t) => {
  const dialsOut = { dialsOut: true, slots: 2 };
  t.match(placed(planOf([50, 50]), [node('a', dialsOut), node('b', dialsOut)]), /two nodes that can only dial out/);
  t.match(placed(planOf([50, 50]), [node('a', { dialsOut: true })]), { feeder: 'a', evaluator: 'a' }, 'one node can');
  t.end();
});

t.test(
  'a plan for nodes takes the fastest engine that any of them has, and the data that one of them has',
  async (t) => {
    const config = applyPreset('quick', { layers: [200, 200] });
    const datasets = [mnistOf(6_000, 1_000)];
    const slow = [{ backend: 'tfjs/wasm', version: '1' }];
    const plan = await planFor(config, [capabilitiesOf({ engines: slow, datasets }), capabilitiesOf({ cores: 1 })]);
    t.match(plan, { dataset: { name: 'mnist' }, batchesPerEpoch: 60, engine: { backend: BACKEND, threads: 1 } });
    t.match(
      await planFor(config, [capabilitiesOf()]),
      { dataset: { name: 'digits' } },
      'the built-in digits where nobody has MNIST',
    );
    const refused: [Promise<Plan>, RegExp][] = [
      [planFor(config, []), /^No node has joined yet/],
      [planFor({ ...config, dataset: 'mnist' }, [capabilitiesOf()]), /^No node has mnist/],
      [planFor({ ...config, engine: 'tfjs' }, [capabilitiesOf()]), /^No node has the tfjs engine/],
    ];
    for (const [plan, message] of refused) await t.rejects(plan, { code: 'ERR_PLACEMENT', message });
  },
);

t.test('shards that are left open are settled for the nodes that are there', async (t) => {
  const config = applyPreset('quick', { layers: [400, 800], dataset: 'digits', threads: 1, shards: 'auto' });
  const engines = [{ backend: BACKEND, version: '1', millisecondsPerStep: 1.25 }];
  const box = capabilitiesOf({ cores: 4, engines });
  t.same((await planFor(config, [box])).shards, [1, 3], 'a stage for each core');
  t.same((await planFor(config, [box, box])).shards, [2, 4]);
  t.equal((await planFor(config, [capabilitiesOf()])).shards, undefined, 'two cores have enough to do');
  t.equal((await planFor(config, [{ ...box, slots: 4 }])).shards, undefined, 'no slot is left for another stage');
});
