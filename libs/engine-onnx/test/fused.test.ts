import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { learnGraph } from '@layerline/forward-forward';
import type { Engine, Tensor } from '@layerline/engine';
import { runReference } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import t from 'tap';
import { CApiTensor } from '../src/c-api-tensor.js';
import { assemble } from '../src/fused/assemble.js';
import type { FusedSession } from '../src/fused/fused-session.js';
import { openKernelSite, place } from '../src/fused/kernel-site.js';
import type { KernelSite } from '../src/fused/kernel-site.js';
import { splitUpdate } from '../src/fused/split.js';
import type { Split } from '../src/fused/split.js';
import { alignedBytes, cut, KernelMemory } from '../src/fused/kernel-memory.js';
import { openOnnxEngine } from '../src/index.js';
import { distance, graphOf, ONE_THREAD, sample, samplesFor, tensorsFor, TWO_THREADS } from './support/graphs.js';
import { layerSpec } from './support/layer.js';

const ONLY_LINUX = process.platform === 'linux' ? false : 'only Linux limits addresses';
/** Large enough for a kernel, and not a multiple of what it processes at a time. */
const SHAPE: Shape = [301, 229];
/** Too large for the calling thread to compute itself. */
const LARGE: Shape = [1031, 521];

/** An update of all operations that a kernel can do; `gradient` comes from the library. */
function allOperations(shape: Shape): Graph {
  return graphOf('update', (builder) => {
    const [rows, columns] = shape;
    const gradient = builder.gemm(builder.input('x', [4, rows]), builder.input('y', [4, columns]), {
      transposeA: true,
    });
    const [w, v, rate] = [builder.input('w', shape), builder.input('v', shape), builder.input('rate', [1, 1])];
    const kept = builder.add(builder.scale(v, 0.5), builder.mul(gradient, gradient));
    const step = builder.div(gradient, builder.add(builder.sqrt(kept), builder.mul(rate, rate)));
    builder.output('v', kept);
    builder.output('w', builder.sub(w, builder.negate(builder.mul(step, rate))));
    builder.output('nextRate', builder.scale(rate, 2));
  });
}

const UPDATE = allOperations(SHAPE);

/** With positive numbers under every root. */
function dataFor(graph: Graph): Record<string, Float32Array> {
  const data = samplesFor(graph);
  for (const name of ['v', 'rate']) data[name] = data[name]?.map(Math.abs) ?? new Float32Array();
  return data;
}

async function numbersOf(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Float32Array>> {
  const numbers: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) numbers[name] = Float32Array.from(await tensor.read());
  return numbers;
}

await t.test('an update is separated from its products; short ones and what a kernel cannot do are not', (t) => {
  const batch = { rows: 6, images: 6 };
  const { rest, kernel } =
    splitUpdate(learnGraph(layerSpec({ inputs: 23, units: 10, optimizer: 'adam' }), batch), 0) ?? {};
  t.same([...(kernel?.outputs.keys() ?? [])], ['weights.first', 'weights.second', 'weights']);
  t.same([...(kernel?.scalars.values() ?? [])], ['epsilon', 'rate']);
  t.equal(kernel?.matrices.size, 4, 'the state, and the gradient');
  t.ok(rest?.outputs.has('biases.first'), 'the rest has the biases');
  t.notOk(rest?.inputs.has('weights'), 'and not what only the kernel reads');
  t.equal(
    splitUpdate(learnGraph(layerSpec({ inputs: 23, units: 10, optimizer: 'adam' }), batch)),
    undefined,
    'a small one',
  );
  t.equal(splitUpdate(learnGraph(layerSpec({ inputs: 23, units: 10, optimizer: 'sgd' }), batch), 0), undefined);
  t.equal(
    splitUpdate(learnGraph(layerSpec({ inputs: 6, units: 6, optimizer: 'adam' }), batch), 0),
    undefined,
    'activations that look like weights',
  );
  const updating = (record: Parameters<typeof graphOf>[1]): unknown => splitUpdate(graphOf('other', record), 0);
  t.equal(
    updating((builder) => {
      let value = builder.gemm(builder.input('x', [4, 9]), builder.input('y', [4, 5]), { transposeA: true });
      for (let times = 0; times < 5; times++) value = builder.mul(value, value);
      builder.output('sum', builder.sumRows(value));
    }),
    undefined,
    'something that the library would need from the kernel',
  );
  t.end();
});

for (const shape of [SHAPE, LARGE]) {
  const update = allOperations(shape);
  const data = dataFor(update);
  const want = runReference(update, data);
  for (const options of [ONE_THREAD, TWO_THREADS, { ...TWO_THREADS, concurrency: 2 }]) {
    const { threads, concurrency = 1 } = options as { threads: number; concurrency?: number };
    const where = `${shape.join(' × ')}, ${threads} threads, ${concurrency} runs`;
    await t.test(`a kernel computes what the reference does, ${where}`, async (t) => {
      const engine = await openOnnxEngine(options, 'c-api');
      const compiled = await engine.compile(update);
      const run = async (): Promise<Record<string, Float32Array>> => {
        const inputs = tensorsFor(engine, update, update.inputs, data);
        const outputs = tensorsFor(engine, update, update.outputs);
        await compiled.run(inputs, outputs);
        t.same((await inputs['w']?.read())?.length, shape[0] * shape[1]);
        return numbersOf(outputs);
      };
      for (const got of await Promise.all([run(), run(), run()])) {
        for (const [name, numbers] of Object.entries(got)) {
          t.ok(distance(numbers, want[name] ?? []) < 1e-6, `${name} is as it should be`);
        }
      }
      await engine.close();
    });
  }
}

await t.test('whatever is written in place of what is read, the old numbers are read', async (t) => {
  const engine = await openOnnxEngine(TWO_THREADS, 'c-api');
  const compiled = await engine.compile(UPDATE);
  const data = dataFor(UPDATE);
  const want = runReference(UPDATE, data);
  const places: Record<string, Record<string, string>> = {
    'each in its own': { w: 'w', v: 'v', nextRate: 'rate' },
    'each in the other': { w: 'v', v: 'w', nextRate: 'rate' },
  };
  for (const [what, place] of Object.entries(places)) {
    const inputs = tensorsFor(engine, UPDATE, UPDATE.inputs, data);
    const outputs = Object.fromEntries(
      Object.entries(place).map(([output, input]) => [output, inputs[input] as Tensor]),
    );
    await compiled.run(inputs, outputs);
    for (const [name, numbers] of Object.entries(await numbersOf(outputs))) {
      t.ok(distance(numbers, want[name] ?? []) < 1e-6, `${what}: ${name}`);
    }
  }
  await engine.close();
});

await t.test('a tensor that another run reads may move into the memory of kernels', async (t) => {
  const engine = await openOnnxEngine({ ...ONE_THREAD, concurrency: 2 }, 'c-api');
  const size: Shape = [1500, 1500];
  const reading = await engine.compile(
    graphOf('reading', (builder) => {
      builder.output('z', builder.gemm(builder.input('w', size), builder.input('y', size)));
    }),
  );
  const updating = await engine.compile(graphOf('updating', (builder) => updateOf(builder, size)));
  const tensor = (seed: number): Tensor => engine.tensor(size, sample(seed, size));
  const [w, y] = [tensor(1), tensor(2)];
  const [alone, beside, z] = [engine.tensor(size), engine.tensor(size), engine.tensor(size)];
  await reading.run({ w: tensor(1), y }, { z: alone });
  await Promise.all([reading.run({ w, y }, { z: beside }), updating.run({ w, g: y, h: y }, { w: z })]);
  t.same(await beside.read(), await alone.read());
  await engine.close();
});

await t.test('what is disposed of is refused, and what was read stays', async (t) => {
  const engine: Engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  const compiled = await engine.compile(UPDATE);
  const inputs = tensorsFor(engine, UPDATE, UPDATE.inputs, dataFor(UPDATE));
  const outputs = tensorsFor(engine, UPDATE, UPDATE.outputs);
  await compiled.run(inputs, outputs);
  const kept = await outputs['w']?.read();
  const copy = kept?.slice();
  outputs['w']?.dispose();
  await t.rejects(compiled.run(inputs, outputs), { message: /disposed of/ });
  await compiled.run(inputs, { ...outputs, w: engine.tensor(SHAPE) });
  t.same(kept, copy);
  compiled.dispose();
  await t.rejects(compiled.run(inputs, { ...outputs, w: engine.tensor(SHAPE) }), { message: /disposed of/ });
  await engine.close();
});

await t.test('layers that come and go leave no memory behind', async (t) => {
  const engine = await openOnnxEngine(ONE_THREAD, 'c-api');
  const grown = async (): Promise<number> => {
    const compiled = (await engine.compile(UPDATE)) as FusedSession;
    const { memory } = compiled.parts.site.memory;
    for (let layer = 0; layer < 5; layer++) {
      const tensors = tensorsFor(engine, UPDATE, UPDATE.inputs, dataFor(UPDATE));
      const { w, v } = tensors as Record<'w' | 'v', Tensor>;
      const nextRate = engine.tensor([1, 1]);
      await compiled.run(tensors, { w, v, nextRate });
      for (const tensor of [...Object.values(tensors), nextRate]) tensor.dispose();
    }
    compiled.dispose();
    return memory.buffer.byteLength;
  };
  // Room is made before it is known what will be used again.
  await grown();
  const first = await grown();
  for (let session = 0; session < 20; session++) t.equal(await grown(), first);
  await engine.close();
});

await t.test('where addresses are scarce, an update is computed all the same', { skip: ONLY_LINUX }, (t) => {
  const program = fileURLToPath(new URL('../../test/fixtures/short-of-addresses.mjs', import.meta.url));
  // In kilobytes: room for Node and the library, and on some versions of Node not for all that 32 bits can address.
  const { stdout, stderr } = spawnSync('sh', ['-c', `ulimit -v 8000000 && exec "$0" "$1"`, process.execPath, program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  t.equal(stdout, 'computed\n', stderr);
  t.end();
});

for (const bytes of [64, 2 ** 22]) {
  await t.test(`a kernel that fails fails only its own run, ${bytes} bytes`, async (t) => {
    const site = openKernelSite(1, 1) as KernelSite;
    const { kernel } = splitUpdate(UPDATE) as Split;
    const run = place(site, assemble(kernel), bytes);
    const { address } = site.memory.allocate(bytes / Float32Array.BYTES_PER_ELEMENT);
    const addresses = new Array<number>(kernel.matrices.size + kernel.outputs.size).fill(address);
    const beyond = addresses.map(() => 2 ** 31);
    const failed = t.rejects(run([...beyond, 1]), { code: 'ERR_ENGINE', message: /^A kernel failed: / });
    await Promise.all([failed, run([...addresses, 1])]);
    await run([...addresses, 1]);
    await site.threads.close();
  });
}

await t.test('scratch tensors are freed when a run fails, in the library or in a kernel', async (t) => {
  const engine = await openOnnxEngine(TWO_THREADS, 'c-api');
  const update = allOperations(LARGE);
  const compiled = (await engine.compile(update)) as FusedSession;
  const inputs = tensorsFor(engine, update, update.inputs, dataFor(update));
  const { w, v, rate } = inputs as Record<'w' | 'v' | 'rate', CApiTensor>;
  const scratch: CApiTensor[] = [];
  rate.zerosLike = () => {
    scratch.push(CApiTensor.prototype.zerosLike.call(rate));
    return scratch.at(-1) as CApiTensor;
  };
  const run = (): Promise<void> => compiled.run(inputs, { w, v, nextRate: rate });
  for (const part of [compiled.parts.site.threads, compiled.parts.session]) {
    part.run = () => Promise.reject(new Error('it failed'));
    await t.rejects(run(), { message: 'it failed' });
  }
  t.equal(scratch.length, 2);
  for (const tensor of scratch) t.throws(() => tensor.pointer, { message: /disposed of/ });
  await engine.close();
});

await t.test('the memory of kernels grows, and says when it cannot', (t) => {
  const memory = new KernelMemory();
  const first = memory.allocate(10);
  const second = memory.allocate(1_000_000);
  first.data.fill(1);
  t.equal(second.address, 64, 'matrices do not share a cache line');
  t.ok(second.data.every((number) => number === 0));
  t.ok(memory.reserve(2, 2 ** 24), '128 MiB');
  t.notOk(memory.reserve(8, 2 ** 27), '4 GiB more');
  t.equal(memory.allocate(1).address, 64 + alignedBytes(1_000_000), 'what was there before stays');
  t.equal(alignedBytes(17), 128);
  for (const [bytes, threads] of [
    [64, 4],
    [64 * 100, 3],
    [64 * 7, 2],
  ] as const) {
    const ranges = cut(bytes, threads);
    t.equal(ranges[0]?.[0], 0);
    t.equal(ranges.at(-1)?.[1], bytes);
    t.ok(ranges.length <= threads && ranges.every(([start], at) => start === (ranges[at - 1]?.[1] ?? 0)));
  }
  t.end();
});

/** An update that reads `w` and three times what two more inputs have. */
function updateOf(builder: Parameters<Parameters<typeof graphOf>[1]>[0], shape: Shape): void {
  const [rows, columns] = shape;
  const [w, g, h] = [builder.input('w', shape), builder.input('g', [rows, rows]), builder.input('h', [rows, columns])];
  const gradient = builder.gemm(g, h, { transposeA: true });
  const scaled = builder.scale(builder.scale(builder.scale(gradient, 0.5), 0.5), 0.5);
  builder.output('w', builder.sub(w, scaled));
}
