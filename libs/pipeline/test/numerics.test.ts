import type { PartialRunConfig } from '@layerline/plan';
import t from 'tap';
import { numericsOf, openBackend } from '../src/index.js';
import { planOf } from './support/run.js';

const ONE = { threads: 1, spinning: false };
const CONFIG: PartialRunConfig = { layers: [260, 170], batch: 20 };

async function numerics(config: PartialRunConfig, backend = 'onnx/c-api', options = ONE): Promise<string> {
  const engine = await openBackend(backend, options);
  try {
    return await numericsOf(engine, planOf(config, 100));
  } finally {
    await engine.close();
  }
}

await t.test('numerics name the engine, and hash what it computes', async (t) => {
  const first = await numerics(CONFIG);
  t.match(first, /^onnx \d+\.\d+\.\d+ c-api [0-9a-f]{16}$/);
  t.equal(await numerics(CONFIG), first, 'the same again');
  t.equal(await numerics(CONFIG, 'onnx/c-api', { threads: 2, spinning: false }), first, 'with two threads');
  t.equal(await numerics({ ...CONFIG, seed: 9, epochs: 7 }), first, 'whatever the seed');
  const others: Record<string, PartialRunConfig> = {
    'a wider layer': { layers: [261, 170] },
    'another batch': { batch: 21 },
    'one layer more': { layers: [260, 170, 130] },
    'another objective': { objective: 'threshold', alpha: 6, learningRate: 0.003 },
    'another optimizer': { optimizer: 'sgd' },
  };
  for (const [name, change] of Object.entries(others)) {
    t.not(await numerics({ ...CONFIG, ...change }), first, name);
  }
});

await t.test('layers of one shape are probed once', async (t) => {
  t.equal(await numerics({ layers: [130, 130, 130] }), await numerics({ layers: [130, 130] }));
});

await t.test('other engines have other numerics', async (t) => {
  const small: PartialRunConfig = { layers: [20], batch: 4 };
  const prints = await Promise.all(
    ['onnx/c-api', 'onnx/node', 'tfjs/wasm', 'tfjs/cpu'].map((each) => numerics(small, each)),
  );
  t.equal(new Set(prints).size, 4);
  t.match(prints[2], /^tfjs \d+\.\d+\.\d+ wasm [0-9a-f]{16}$/);
});
