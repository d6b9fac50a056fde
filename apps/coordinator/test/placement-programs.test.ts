import { knownSummary } from '@layerline/datasets';
import { applyPreset, makePlan } from '@layerline/plan';
import t from 'tap';
import { place } from '../src/placement.js';

const PLAN = makePlan(applyPreset('quick', { layers: [30, 20, 10], programs: { 'layer-2': 'reservoir' } }), {
  dataset: { name: 'digits', seed: 1 },
  summary: { ...knownSummary('digits'), trainByClass: [1_000], testRows: 100 },
  engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
});

function node(name: string, slots: number, programs: string[]) {
  const capabilities = { host: name, ports: { from: 0, to: 0 }, dialsOut: false, cores: 1, memory: 1, slots, programs };
  return { name, reserved: 0, isOpen: true, capabilities: { ...capabilities, engines: [], datasets: [] } };
}

await t.test('a foreign layer goes to a node that offers its program', (t) => {
  const found = place(PLAN, [node('plain', 8, ['other']), node('own', 1, ['reservoir'])]);
  const placed = 'nodes' in found ? [...found.nodes].map(([stage, { name }]) => [stage, name] as const) : [];
  t.same(Object.fromEntries(placed), {
    'layer-2': 'own',
    'layer-1': 'plain',
    'layer-3': 'plain',
    feeder: 'plain',
    evaluator: 'plain',
  });
  t.end();
});

await t.test('where no node offers it, a sentence says so', (t) => {
  t.same(place(PLAN, [node('plain', 8, ['other'])]), {
    missing: 'there is no node that offers the program reservoir with a free slot for layer-2',
  });
  t.end();
});
