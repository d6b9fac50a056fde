import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { ONNX_BACKENDS, openOnnxEngine } from '../src/index.js';
import { graphOf, ONE_THREAD, sample } from './support/graphs.js';
import { layerSpec, TrainedLayer } from './support/layer.js';

const MB = 2 ** 20;
const ENGINE_ERROR = { name: 'EngineError', code: 'ERR_ENGINE' };

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
const execute = promisify(execFile);

/** A layer with 1 MB of weights and 2 MB of Adam's moments, cut into two tiles by the C API's engine. */
const SPEC = layerSpec({ inputs: 520, units: 520, optimizer: 'adam' });
const ROWS = 20;

for (const backend of ONNX_BACKENDS) {
  // onnxruntime-node allocates new memory for every output, which is freed only when it is garbage-collected.
  const bound = backend === 'c-api' ? 40 : 250;
  await t.test(`500 steps grow by less than ${bound} MB, ${backend}`, async (t) => {
    const engine = await openOnnxEngine(ONE_THREAD, backend);
    const layer = await TrainedLayer.create(engine, SPEC, ROWS);
    const steps = async (count: number): Promise<void> => {
      for (let step = 0; step < count; step++) await layer.step();
    };
    await steps(50);
    const before = process.memoryUsage();
    await steps(500);
    const after = process.memoryUsage();
    for (const kind of ['rss', 'external', 'arrayBuffers'] as const) {
      const growth = (after[kind] - before[kind]) / MB;
      t.ok(growth < bound, `${kind} grew by ${growth.toFixed(1)} MB`);
    }
    await engine.close();
  });
}

await t.test('weights are updated in place', async (t) => {
  const engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  const layer = await TrainedLayer.create(engine, SPEC, ROWS);
  // The first step may move them into the memory of kernels.
  await layer.step();
  const before = await layer.tensors['weights']?.read();
  const copy = before?.slice();
  await layer.step();
  const after = await layer.tensors['weights']?.read();
  t.ok(after === before, 'the same array');
  t.ok(copy?.some((number, at) => number !== after?.[at]) === true, 'with other numbers');
  await engine.close();
});

await t.test('what was read outlives the tensor, and is never written again', async (t) => {
  const graph = graphOf('negation', (builder) => builder.output('y', builder.negate(builder.input('x', [1, 3]))));
  for (const backend of ONNX_BACKENDS) {
    const engine = await openOnnxEngine(ONE_THREAD, backend);
    const compiled = await engine.compile(graph);
    const x = engine.tensor([1, 3], Float32Array.of(1, 2, 3));
    const first = engine.tensor([1, 3]);
    await compiled.run({ x }, { y: first });
    const numbers = await first.read();
    first.dispose();
    first.dispose();
    await t.rejects(compiled.run({ x }, { y: first }), ENGINE_ERROR, `${backend}: a disposed output`);
    await t.rejects(compiled.run({ x: first }, { y: x }), ENGINE_ERROR, `${backend}: a disposed input`);
    await compiled.run({ x }, { y: engine.tensor([1, 3]) });
    await engine.close();
    t.same([...numbers], [-1, -2, -3], backend);
  }
});

await t.test('a disposed tensor of a tiled graph is refused', async (t) => {
  const engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  const layer = await TrainedLayer.create(engine, SPEC, ROWS);
  await layer.step();
  layer.tensors['weights.first']?.dispose();
  await t.rejects(layer.step(), ENGINE_ERROR, 'after it has been used');
  await engine.close();
  const other = await openOnnxEngine(ONE_THREAD, 'c-api');
  const fresh = await TrainedLayer.create(other, SPEC, ROWS);
  fresh.tensors['weights.first']?.dispose();
  await t.rejects(fresh.step(), ENGINE_ERROR, 'before it has been used');
  await other.close();
});

await t.test('a tensor of another engine is refused', async (t) => {
  const graph = graphOf('negation', (builder) => builder.output('y', builder.negate(builder.input('x', [1, 3]))));
  const [own, other] = [await openOnnxEngine(ONE_THREAD, 'c-api'), await openOnnxEngine(ONE_THREAD, 'node')];
  const compiled = await own.compile(graph);
  const [x, y] = [own.tensor([1, 3], sample(1, [1, 3])), own.tensor([1, 3])];
  const message = /another engine.*"x"/;
  await t.rejects(compiled.run({ x: other.tensor([1, 3]) }, { y }), { ...ENGINE_ERROR, message });
  await compiled.run({ x }, { y });
  await Promise.all([own.close(), other.close()]);
});

await t.test('nothing that the library uses is collected', async (t) => {
  const { stdout } = await execute(process.execPath, ['--expose-gc', fixture('collected')]);
  t.equal(stdout, 'ok\n');
});

await t.test('without its FFI the engine says so, and the other way still works', async (t) => {
  const { stdout } = await execute(process.execPath, [fixture('no-ffi')]);
  const [refused, backend] = stdout.split('\n');
  t.match(refused, /^EngineUnavailableError: Engine onnx \(c-api\) .*Koffi/);
  t.equal(backend, 'node');
});

await t.test('a run leaves the event loop free', async (t) => {
  const size = 400;
  const graph = graphOf('products', (builder) => {
    const x = builder.input('x', [size, size]);
    let y = x;
    for (let product = 0; product < 8; product++) y = builder.scale(builder.gemm(x, y), 1 / size);
    builder.output('y', y);
  });
  const engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  const compiled = await engine.compile(graph);
  const [x, y] = [engine.tensor([size, size], sample(2, [size, size])), engine.tensor([size, size])];
  /** Turns of the event loop during one run. */
  const turnsOfRun = async (): Promise<number> => {
    let [turns, running] = [0, true];
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await compiled.run({ x }, { y });
    running = false;
    return turns;
  };
  // A busy machine may give this thread no time during a run of a few milliseconds; an engine that blocks it never
  // does.
  let most = 0;
  for (let run = 0; run < 50 && most <= 3; run++) most = Math.max(most, await turnsOfRun());
  t.ok(most > 3, `the event loop turned ${most} times`);
  await engine.close();
});
