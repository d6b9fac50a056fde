import { tryEngine } from '@layerline/engine';
import type { EngineTrial } from '@layerline/engine';
import { GraphBuilder } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import t from 'tap';
import { openEngine } from '../src/engine.js';
import { openTfjsEngine, TFJS_BACKENDS } from '../src/index.js';
import type { TfjsBackend } from '../src/index.js';

const OPTIONS = { threads: 1, spinning: false };

function learnGraph(): Graph {
  const builder = new GraphBuilder('learn');
  const x = builder.input('x', [6, 5]);
  const w = builder.input('w', [5, 9]);
  const y = builder.softplus(builder.gemm(x, w));
  builder.output('x', x);
  builder.output('y', y);
  builder.output('sums', builder.blockSumSquares(y, 4));
  builder.output('w', builder.sub(w, builder.gemm(x, y, { c: w, beta: 0.1, transposeA: true })));
  return builder.build();
}

function tryBackend(backend: TfjsBackend): Promise<EngineTrial<string>> {
  return tryEngine(
    () => openTfjsEngine(OPTIONS, backend),
    async ({ identity }) => identity.backend,
  );
}

await t.test('wasm and plain cpu are always there, and tensorflow says why where it is not', async (t) => {
  const tensorflow = await tryBackend('tensorflow');
  t.match(await tryBackend('wasm'), { available: true, result: 'wasm' });
  t.match(await tryBackend('cpu'), { available: true, result: 'cpu' });
  if (!tensorflow.available) {
    t.match(tensorflow.reason, /@tensorflow\/tfjs-node/);
    await t.rejects(openTfjsEngine(OPTIONS, 'tensorflow'), {
      name: 'EngineUnavailableError',
      code: 'ERR_ENGINE_UNAVAILABLE',
      engine: 'tfjs (tensorflow)',
      reason: tensorflow.reason,
    });
  }
  const engine = await openTfjsEngine(OPTIONS);
  t.equal(engine.identity.backend, tensorflow.available ? 'tensorflow' : 'wasm', 'the fastest by default');
  await engine.close();
});

await t.test('the identity names library, backend and kernels', async (t) => {
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs-core/package.json') as { version: string };
  for (const [backend, kernels] of [
    ['wasm', `${process.arch} simd128`],
    ['cpu', process.arch],
  ] as const) {
    const engine = await openTfjsEngine({ threads: 2, spinning: true }, backend);
    t.same(engine.identity, { engine: 'tfjs', version, backend, kernels });
    t.equal(engine.threads, 1);
    await engine.close();
  }
});

await t.test('runs leave nothing behind', async (t) => {
  for (const backend of TFJS_BACKENDS) {
    if (!(await tryBackend(backend)).available) continue;
    const engine = await openEngine(OPTIONS, { backend, tensorflowThreads: undefined });
    const before = tf.memory().numTensors;
    const state = { x: engine.tensor([6, 5], new Float32Array(30).fill(0.5)), w: engine.tensor([5, 9]) };
    const outputs = { ...state, y: engine.tensor([6, 9]), sums: engine.tensor([6, 3]) };
    const compiled = await engine.compile(learnGraph());
    await compiled.run(state, outputs);
    const { numTensors, numDataBuffers } = tf.memory();
    for (let run = 0; run < 10; run++) await compiled.run(state, outputs);
    await t.rejects(compiled.run({}, outputs), { code: 'ERR_ENGINE' });
    t.equal(tf.memory().numTensors, numTensors, `${backend}: tensors`);
    t.equal(tf.memory().numDataBuffers, numDataBuffers, `${backend}: buffers`);
    outputs.y.dispose();
    t.equal(tf.memory().numTensors, numTensors - 1, `${backend}: a disposed tensor is freed`);
    compiled.dispose();
    await engine.close();
    t.equal(tf.memory().numTensors, before, `${backend}: nothing outlives the engine`);
  }
});

await t.test('softplus keeps its precision far below 0', async (t) => {
  const builder = new GraphBuilder('softplus');
  builder.output('y', builder.softplus(builder.input('x', [1, 4])));
  const graph = builder.build();
  for (const backend of ['wasm', 'cpu'] as const) {
    const engine = await openTfjsEngine(OPTIONS, backend);
    const y = engine.tensor([1, 4]);
    const compiled = await engine.compile(graph);
    await compiled.run({ x: engine.tensor([1, 4], Float32Array.of(-40, -20, -10, 80)) }, { y });
    for (const [index, x] of [-40, -20, -10, 80].entries()) {
      const want = x > 0 ? x : Math.log1p(Math.exp(x));
      const got = (await y.read())[index] ?? NaN;
      t.ok(Math.abs(got - want) <= 1e-6 * want, `${backend}: softplus(${x}) is ${got}, not ${want}`);
    }
    await engine.close();
  }
});
