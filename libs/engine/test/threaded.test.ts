import { GraphBuilder } from '@layerline/ops';
import type { Graph } from '@layerline/ops';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { conformance } from '../src/conformance/index.js';
import { openThreaded } from '../src/index.js';
import type { Engine } from '../src/index.js';
import type { Fault } from './fixtures/reference-engine.js';

const MODULE = new URL('./fixtures/reference-engine.js', import.meta.url);
const OPTIONS = { threads: 1, spinning: false };
const ENGINE_ERROR = { name: 'EngineError', code: 'ERR_ENGINE' };

const open = (extra?: Fault): Promise<Engine> => openThreaded(MODULE, OPTIONS, extra);

function negation(name: string): Graph {
  const builder = new GraphBuilder(name);
  builder.output('y', builder.negate(builder.input('x', [1, 3])));
  return builder.build();
}

await conformance(t, 'reference in a thread', (options) => openThreaded(MODULE, options));

await t.test('the data of a caller is left unchanged', async (t) => {
  const engine = await open();
  const whole = Float32Array.of(1, 2, 3);
  const tensor = engine.tensor([1, 3], whole);
  await tensor.read();
  t.same([...whole], [1, 2, 3], 'an array of its own');
  const frame = Float32Array.of(0, 1, 2, 3, 4);
  await engine.tensor([1, 3], frame.subarray(1, 4)).read();
  t.same([...frame], [0, 1, 2, 3, 4], 'a view');
  const shared = new Float32Array(new SharedArrayBuffer(12));
  shared.set([5, 6, 7]);
  t.same([...(await engine.tensor([1, 3], shared).read())], [5, 6, 7], 'a view of shared memory');
  const read = await tensor.read();
  read.fill(9);
  t.same([...(await tensor.read())], [1, 2, 3], 'what was read is a copy');
  await engine.close();
});

await t.test('commands are handled in order', async (t) => {
  const engine = await open();
  const compiled = await engine.compile(negation('order'));
  const x = engine.tensor([1, 3], Float32Array.of(1, 2, 3));
  const y = engine.tensor([1, 3]);
  const before = y.read();
  const first = compiled.run({ x }, { y });
  const between = y.read();
  const second = compiled.run({ x: y }, { y });
  const after = y.read();
  y.dispose();
  await Promise.all([first, second]);
  t.same([...(await before)], [0, 0, 0]);
  t.same([...(await between)], [-1, -2, -3]);
  t.same([...(await after)], [1, 2, 3]);
  await engine.close();
});

await t.test('errors keep their types', async (t) => {
  await t.rejects(open('unavailable'), {
    name: 'EngineUnavailableError',
    code: 'ERR_ENGINE_UNAVAILABLE',
    engine: 'reference',
    reason: 'it has gone fishing',
  });
  await t.rejects(open('broken'), { ...ENGINE_ERROR, message: 'no such function' });
  await t.rejects(open('crash'), { ...ENGINE_ERROR, message: /code 7/ });
  await t.rejects(openThreaded(new URL('./nowhere.js', MODULE), OPTIONS), ENGINE_ERROR);

  const engine = await open();
  const x = engine.tensor([1, 3], Float32Array.of(1, 2, 3));
  const y = engine.tensor([1, 3]);
  await t.rejects(engine.compile(negation('refused')), { ...ENGINE_ERROR, message: 'no such op' });
  const failing = await engine.compile(negation('fail'));
  await t.rejects(failing.run({ x }, { y }), { ...ENGINE_ERROR, message: 'The library failed' });
  const other = await open();
  const working = await engine.compile(negation('working'));
  await t.rejects(working.run({ x: other.tensor([1, 3]) }, { y }), { ...ENGINE_ERROR, message: /another engine/ });
  await working.run({ x }, { y });
  t.same([...(await y.read())], [-1, -2, -3], 'the engine works on');
  await Promise.all([engine.close(), other.close()]);

  const full = await open('no tensors');
  const compiled = await full.compile(negation('full'));
  const unmade = full.tensor([1, 3]);
  await t.rejects(unmade.read(), { ...ENGINE_ERROR, message: 'out of memory' });
  await t.rejects(compiled.run({ x: unmade }, { y: unmade }), { ...ENGINE_ERROR, message: 'out of memory' });
  await full.close();
});

for (const [fault, reason] of [
  ['exit', /code 3/],
  ['throw', /thrown by nobody/],
] as const) {
  await t.test(`a thread that ends by "${fault}" fails all that is pending and all that follows`, async (t) => {
    const engine = await open();
    const compiled = await engine.compile(negation(fault));
    const x = engine.tensor([1, 3]);
    const y = engine.tensor([1, 3]);
    const gone = { ...ENGINE_ERROR, message: reason };
    const pending = [
      compiled.run({ x }, { y }),
      compiled.run({ x }, { y }),
      y.read(),
      engine.compile(negation('next')),
    ];
    await Promise.all(pending.map((use: Promise<unknown>) => t.rejects(use, gone)));
    await t.rejects(x.read(), gone);
    await t.rejects(compiled.run({ x }, { y }), gone);
    await t.rejects(engine.compile(negation('later')), gone);
    t.throws(() => engine.tensor([1, 3]), gone);
    x.dispose();
    compiled.dispose();
    await engine.close();
  });
}

await t.test('closing ends requests under way', async (t) => {
  const engine = await open();
  const x = engine.tensor([1, 3]);
  const closed = Promise.all([engine.close(), engine.close()]);
  await t.rejects(x.read(), ENGINE_ERROR);
  await closed;
  x.dispose();
});

await t.test('an idle engine lets the process end, and its noise goes to standard error', async (t) => {
  const script = fileURLToPath(new URL('./fixtures/idle-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env: { PATH: process.env['PATH'] } });
  t.equal(stdout, '-1,-2\n');
});
