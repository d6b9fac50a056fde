import type { Engine } from '@layerline/engine';
import { GraphBuilder } from '@layerline/ops';
import { createHash } from 'node:crypto';
import t from 'tap';
import { ONNX_BACKENDS, openOnnxEngine } from '../src/index.js';
import { ONE_THREAD, TWO_THREADS } from './support/graphs.js';
import { layerSpec, TrainedLayer } from './support/layer.js';

const STEPS = 3;

/** Every engine there is: each backend with one thread and with two. */
const ENGINES = ONNX_BACKENDS.flatMap((backend) =>
  [ONE_THREAD, TWO_THREADS].map((options) => ({
    name: `${backend}, ${options.threads} threads`,
    open: (): Promise<Engine> => openOnnxEngine(options, backend),
  })),
);

const sha256 = (data: Float32Array): string => createHash('sha256').update(data).digest('hex');

for (const [inputs, units] of [
  [784, 500],
  [500, 500],
  [500, 130],
] as const) {
  for (const optimizer of ['sgd', 'adam'] as const) {
    await t.test(`a layer of ${inputs} → ${units} with ${optimizer} has the same bits everywhere`, async (t) => {
      const spec = layerSpec({ inputs, units, optimizer, peerNormalization: 0.03 });
      let first: Record<string, string> | undefined;
      for (const { name, open } of ENGINES) {
        const engine = await open();
        const layer = await TrainedLayer.create(engine, spec);
        for (let step = 0; step < STEPS; step++) await layer.step();
        const numbers = Object.entries(await layer.numbers());
        t.ok(
          numbers.every(([, data]) => data.every(Number.isFinite)),
          `${name}: numbers`,
        );
        const hashes = Object.fromEntries(numbers.map(([key, data]) => [key, sha256(data)]));
        t.same(hashes, (first ??= hashes), name);
        await engine.close();
      }
    });
  }
}

await t.test('denormal numbers are the same on every thread, and JavaScript keeps its own', async (t) => {
  const builder = new GraphBuilder('denormals');
  const x = builder.input('x', [1000, 200]);
  builder.output('y', builder.mul(x, builder.constant(1e-10)));
  builder.output('z', builder.gemm(x, builder.input('w', [200, 100])));
  const graph = builder.build();
  for (const { name, open } of ENGINES) {
    const engine = await open();
    const compiled = await engine.compile(graph);
    const given = { x: new Float32Array(200_000).fill(1e-30), w: new Float32Array(20_000).fill(1e-10) };
    const inputs = { x: engine.tensor([1000, 200], given.x), w: engine.tensor([200, 100], given.w) };
    const outputs = { y: engine.tensor([1000, 200]), z: engine.tensor([1000, 100]) };
    await compiled.run(inputs, outputs);
    const denormals = async (output: 'y' | 'z'): Promise<number[]> => [...new Set(await outputs[output].read())];
    t.same(await denormals('y'), [Math.fround(1e-40)], `${name}: y`);
    const [z, ...more] = await denormals('z');
    t.same(more, [], `${name}: z is one number`);
    t.ok(Math.abs((z ?? 0) - 2e-38) < 1e-42, `${name}: z is ${z}`);
    t.equal(Number.MIN_VALUE * Number(name !== ''), Number.MIN_VALUE, `${name}: JavaScript`);
    await engine.close();
  }
});
