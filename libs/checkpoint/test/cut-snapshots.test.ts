import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodeSafetensors, parsePartName, SnapshotStore } from '../src/index.js';
import type { SnapshotContent } from '../src/index.js';
import { forEachFlip } from './support/damage.js';
import { allOf, namesOf, sliceOf, tensorsOf } from './support/layers.js';
import type { TestLayer } from './support/layers.js';

const LAYER: TestLayer = { name: 'layer-1', units: 6, inputs: 3 };
const CONTENTS: readonly SnapshotContent[] = [
  { name: 'feeder', format: 'json' },
  { name: LAYER.name, format: 'safetensors', units: LAYER.units },
];

function open(folder: string): Promise<SnapshotStore> {
  return SnapshotStore.open(folder, CONTENTS, 3);
}

function bytesOf(step: number, part: string): Uint8Array {
  if (part === 'feeder') return Buffer.from(JSON.stringify({ step }));
  return sliceOf(LAYER, parsePartName(part).range ?? allOf(LAYER), step);
}

/** Stores a snapshot whose layer is cut at these bounds. */
async function save(store: SnapshotStore, step: number, bounds: readonly number[]): Promise<void> {
  const names = ['feeder', ...namesOf(LAYER, bounds)];
  await store.cutInto(names);
  for (const name of names) await store.put(step, name, bytesOf(step, name));
  await store.mark(step, 10 * step);
}

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes a snapshot as any version could have done. */
function plant(folder: string, step: number, parts: Record<string, Uint8Array>): void {
  mkdirSync(join(folder, `${step}`), { recursive: true });
  const listed = Object.entries(parts).map(([name, bytes]) => {
    writeFileSync(join(folder, `${step}`, name), bytes);
    return { name, file: name, sha256: digest(bytes) };
  });
  const content = { format: 'layerline-snapshot.2', step, metricsLines: 10 * step, savedAt: 'then', parts: listed };
  const manifest = { ...content, sha256: digest(JSON.stringify(content)) };
  writeFileSync(join(folder, `${step}`, 'manifest.json'), JSON.stringify(manifest));
}

t.test('a snapshot is whole when all parts of the present cut are there, and has a file for each', async (t) => {
  const folder = t.testdir();
  const store = await open(folder);
  await store.cutInto(['layer-1.units-4-6', 'feeder', 'layer-1.units-0-4']);
  await store.mark(1, 10);
  for (const name of ['layer-1.units-4-6', 'feeder']) t.equal(await store.put(1, name, bytesOf(1, name)), undefined);
  t.same(await store.steps(), []);
  const stored = await store.put(1, 'layer-1.units-0-4', bytesOf(1, 'layer-1.units-0-4'));
  t.same(
    stored?.parts.map(({ name }) => name),
    ['layer-1.units-4-6', 'feeder', 'layer-1.units-0-4'],
  );
  const files = ['feeder', 'layer-1.units-0-4', 'layer-1.units-4-6'];
  t.same(readdirSync(join(folder, '1')).sort(), [...files, 'manifest.json']);
  const manifest = JSON.parse(readFileSync(join(folder, '1', 'manifest.json'), 'utf8')) as { parts: object[] };
  t.match(manifest, { format: 'layerline-snapshot.2' });
  t.strictSame(
    manifest.parts,
    files.map((name) => ({ name, file: name, sha256: digest(bytesOf(1, name)) })),
  );
});

t.test('whatever the cut was, every range is read as if it had been stored so', async (t) => {
  const folder = t.testdir();
  const writer = await open(folder);
  await save(writer, 1, []);
  await save(writer, 2, [2, 3]);
  await save(writer, 3, [1, 2, 3, 4, 5]);
  const reader = await open(folder);
  await reader.cutInto(['feeder', 'layer-1.units-0-5', 'layer-1.units-5-6']);
  t.strictSame(await reader.newest(), { snapshot: { step: 3, metricsLines: 30 }, damaged: [] });
  for (const step of [1, 2, 3]) {
    t.same(await reader.read(step, 'feeder'), bytesOf(step, 'feeder'));
    t.equal(Buffer.compare(await reader.read(step, 'layer-1'), bytesOf(step, 'layer-1')), 0, `step ${step}`);
    for (let from = 0; from < LAYER.units; from++) {
      for (let to = from + 1; to <= LAYER.units; to++) {
        const read = await reader.read(step, 'layer-1', { from, to });
        t.equal(Buffer.compare(read, sliceOf(LAYER, { from, to }, step)), 0, `step ${step}, units ${from} to ${to}`);
      }
    }
  }
  for (const [from, to] of [
    [0, 7],
    [-1, 2],
    [3, 3],
  ] as const) {
    await t.rejects(reader.read(3, 'layer-1', { from, to }), {
      code: 'ERR_CHECKPOINT',
      message: `layer-1 has units 0 to 5: no range of them begins with ${from} and ends before ${to}`,
    });
  }
  await t.rejects(reader.read(3, 'feeder', { from: 0, to: 1 }), { message: 'feeder has no units' });
  await t.rejects(reader.read(3, 'layer-1.units-0-3'), { message: 'A snapshot has no part named "layer-1.units-0-3"' });
});

t.test('only the parts that have the units are read', async (t) => {
  const folder = t.testdir();
  const store = await open(folder);
  await save(store, 1, [2, 4]);
  rmSync(join(folder, '1', 'layer-1.units-4-6'));
  t.same(await store.read(1, 'layer-1', { from: 1, to: 4 }), sliceOf(LAYER, { from: 1, to: 4 }, 1));
  const missing = { code: 'ERR_CHECKPOINT', message: /^Cannot read .*layer-1\.units-4-6: ENOENT/ };
  await t.rejects(store.read(1, 'layer-1', { from: 1, to: 5 }), missing);
  writeFileSync(join(folder, '1', 'layer-1.units-0-2'), sliceOf(LAYER, { from: 0, to: 2 }, 9));
  await t.rejects(store.read(1, 'layer-1', { from: 1, to: 4 }), { message: /units-0-2 is damaged: its SHA-256 is/ });
});

t.test('any byte of a slice that has changed is found, and the one before is used', async (t) => {
  const folder = t.testdir();
  const store = await open(folder);
  await save(store, 1, [3]);
  await save(store, 2, [1, 4]);
  let missed: string[] = [];
  await forEachFlip(join(folder, '2', 'layer-1.units-1-4'), async (what) => {
    const { snapshot, damaged } = await store.newest();
    if (snapshot?.step !== 1 || !damaged[0]?.includes(join(folder, '2'))) missed = [...missed, what];
  });
  t.same(missed, []);
  t.strictSame(await store.newest(), { snapshot: { step: 2, metricsLines: 20 }, damaged: [] });
  rmSync(join(folder, '2', 'layer-1.units-1-4'));
  const { snapshot, damaged } = await store.newest();
  t.equal(snapshot?.step, 1);
  t.match(damaged, [/^Cannot read .*2.layer-1\.units-1-4: ENOENT/]);
});

t.test('a snapshot of a version without cuts is read', async (t) => {
  const folder = t.testdir();
  plant(folder, 1, { feeder: bytesOf(1, 'feeder'), 'layer-1': bytesOf(1, 'layer-1') });
  const store = await open(folder);
  t.strictSame(await store.newest(), { snapshot: { step: 1, metricsLines: 10 }, damaged: [] });
  t.same(await store.read(1, 'layer-1'), bytesOf(1, 'layer-1'));
  t.same(await store.read(1, 'layer-1', { from: 2, to: 5 }), sliceOf(LAYER, { from: 2, to: 5 }, 1));
});

t.test('a snapshot whose parts do not have all contents once, or do not fit, is passed over', async (t) => {
  const other = { ...LAYER, inputs: 4 };
  const bare = encodeSafetensors(tensorsOf(LAYER, { from: 4, to: 6 }).slice(1));
  const parts = (names: readonly string[]): Record<string, Uint8Array> => {
    return Object.fromEntries(names.map((name) => [name, bytesOf(2, name)]));
  };
  const cases: Record<string, [Record<string, Uint8Array>, RegExp]> = {
    'a gap': [parts(['layer-1.units-0-2', 'layer-1.units-4-6']), /2 lacks units 2 to 3 of layer-1$/],
    'an overlap': [parts(['layer-1.units-0-4', 'layer-1.units-3-6']), /2 has unit 3 of layer-1 twice$/],
    'a part of something else': [parts(['layer-1', 'layer-2']), /2 has a part "layer-2" that does not belong there$/],
    'units that the layer has not': [parts(['layer-1.units-0-7']), /"layer-1\.units-0-7" that does not belong there$/],
    'a name that is none': [{ 'layer-1.units-6-0': sliceOf(LAYER) }, /names no part of a layer/],
    'other units than it says': [
      { ...parts(['layer-1.units-0-4']), 'layer-1.units-4-6': sliceOf(LAYER, { from: 3, to: 6 }) },
      /2.layer-1\.units-4-6 has weights of 3 × 3, which does not fit units 4 to 5$/,
    ],
    'a part of another layer': [
      { ...parts(['layer-1.units-0-4']), 'layer-1.units-4-6': sliceOf(other, { from: 4, to: 6 }) },
      /2.layer-1\.units-4-6 has weights of 2 × 4, which does not fit that of .*2.layer-1\.units-0-4$/,
    ],
    'a matrix less': [
      { ...parts(['layer-1.units-0-4']), 'layer-1.units-4-6': bare },
      /2.layer-1\.units-4-6 has no weights, which .*2.layer-1\.units-0-4 has$/,
    ],
    'another size of the whole': [{ 'layer-1': sliceOf({ ...LAYER, units: 7 }) }, /which does not fit units 0 to 5$/],
  };
  for (const [what, [stored, message]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const folder = t.testdir();
      plant(folder, 1, parts(['feeder', 'layer-1']));
      plant(folder, 2, { feeder: bytesOf(2, 'feeder'), ...stored });
      const { snapshot, damaged } = await (await open(folder)).newest();
      t.equal(snapshot?.step, 1);
      t.equal(damaged.length, 1);
      t.match(damaged[0], message);
    });
  }
});

t.test('parts of another cut, or for other units, are refused', async (t) => {
  const store = await open(t.testdir());
  await store.cutInto(namesOf(LAYER, [3]).concat('feeder'));
  for (const name of ['layer-1', 'layer-1.units-0-2', 'layer-1.units-0-6', 'layer-1.units-3-7']) {
    const refused = { code: 'ERR_CHECKPOINT', message: `A snapshot has no part named "${name}"` };
    await t.rejects(store.put(1, name, sliceOf(LAYER)), refused);
  }
  await t.rejects(store.put(1, 'layer-1.units-0-3', sliceOf(LAYER, { from: 0, to: 2 })), {
    code: 'ERR_CHECKPOINT',
    message: 'layer-1.units-0-3 of the snapshot at step 1 has weights of 2 × 3, which does not fit units 0 to 2',
  });
  await t.rejects(store.cutInto(['feeder', 'layer-1.units-0-3']), {
    code: 'ERR_CHECKPOINT',
    message: 'The cut of the snapshots lacks units 3 to 5 of layer-1',
  });
  t.equal(
    await store.put(1, 'layer-1.units-0-3', bytesOf(1, 'layer-1.units-0-3')),
    undefined,
    'the cut stays as it was',
  );
});

t.test('with a new cut, what is half-written is forgotten and what is whole stays', async (t) => {
  const folder = t.testdir();
  const store = await open(folder);
  await save(store, 1, [3]);
  await store.put(2, 'feeder', bytesOf(2, 'feeder'));
  await store.put(2, 'layer-1.units-0-3', bytesOf(2, 'layer-1.units-0-3'));
  await store.mark(2, 20);
  const coming = store.put(2, 'layer-1.units-0-3', bytesOf(2, 'layer-1.units-0-3'));
  await store.cutInto(['feeder', 'layer-1']);
  await coming;
  t.same(readdirSync(folder), ['1']);
  t.equal(await store.put(2, 'layer-1', bytesOf(2, 'layer-1')), undefined);
  t.equal(await store.put(2, 'feeder', bytesOf(2, 'feeder')), undefined, 'the mark is forgotten, too');
  t.match(await store.mark(2, 21), { step: 2, metricsLines: 21 });
  t.same(await store.steps(), [2, 1]);
});
