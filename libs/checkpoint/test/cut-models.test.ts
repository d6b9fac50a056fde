import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { ModelWriter, parsePartName, readModel } from '../src/index.js';
import { onSmallDisk } from './support/disk.js';
import { allOf, namesOf, sliceOf } from './support/layers.js';
import type { TestLayer } from './support/layers.js';

const FIRST: TestLayer = { name: 'layer-1', units: 5, inputs: 7 };
const SECOND: TestLayer = { name: 'layer-2', units: 8, inputs: 5 };
const LAYERS = [FIRST, SECOND];

function bytesOf(name: string): Uint8Array {
  const { content, range } = parsePartName(name);
  const layer = content === FIRST.name ? FIRST : SECOND;
  return sliceOf(layer, range ?? allOf(layer));
}

/** The files of a model by name, whose parts have come under these names in this order. */
async function filesOf(t: Test, names: readonly string[]): Promise<Record<string, string>> {
  const folder = join(t.testdir(), 'model');
  const writer = new ModelWriter(folder, LAYERS);
  await writer.cutInto(names);
  for (const name of names) {
    t.notOk(writer.complete);
    await writer.put(name, bytesOf(name));
  }
  t.ok(writer.complete);
  await writer.commit();
  await readModel(folder);
  return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'base64')]));
}

t.test('a model is the same, byte for byte, whatever parts it has come in', async (t) => {
  const whole = await filesOf(t, ['layer-1', 'layer-2']);
  t.same(Object.keys(whole).sort(), ['layer-1.safetensors', 'layer-2.safetensors', 'manifest.json']);
  t.equal(whole['layer-2.safetensors'], Buffer.from(sliceOf(SECOND)).toString('base64'));
  const cuts: string[][] = [
    ['layer-1', ...namesOf(SECOND, [3])],
    [...namesOf(FIRST, [1, 2, 4]), ...namesOf(SECOND, [1, 5, 7])],
    [...namesOf(SECOND, [2, 6]), ...namesOf(FIRST, [4])].reverse(),
    ['layer-1.units-0-5', 'layer-2.units-0-8'],
  ];
  for (const names of cuts) t.strictSame(await filesOf(t, names), whole, names.join(' '));
});

t.test('a cut model appears when it is whole, and a part may come again', async (t) => {
  const root = t.testdir();
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  await writer.cutInto(['layer-1', ...namesOf(SECOND, [3, 6])]);
  for (const name of ['layer-2.units-6-8', 'layer-1', 'layer-2.units-0-3']) await writer.put(name, bytesOf(name));
  t.notOk(writer.complete);
  await t.rejects(writer.commit(), { message: /model is not whole yet: layer-2\.units-3-6 is missing$/ });
  await writer.put('layer-2.units-3-6', sliceOf(SECOND, { from: 3, to: 6 }, 9));
  await writer.put('layer-2.units-3-6', bytesOf('layer-2.units-3-6'));
  await writer.commit();
  t.same(readdirSync(root), ['model']);
  t.same(readFileSync(join(root, 'model', 'layer-2.safetensors')), Buffer.from(sliceOf(SECOND)));
  await t.rejects(writer.put('layer-2.units-3-6', bytesOf('layer-2.units-3-6')), { message: /is complete already$/ });
});

t.test('with a new cut, parts of the one before count no more', async (t) => {
  const root = t.testdir();
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  await writer.put('layer-1', sliceOf(FIRST, allOf(FIRST), 9));
  await writer.put('layer-2', sliceOf(SECOND, allOf(SECOND), 9));
  t.ok(writer.complete);
  await writer.cutInto(['layer-1', ...namesOf(SECOND, [4])]);
  t.notOk(writer.complete);
  await t.rejects(writer.put('layer-2', bytesOf('layer-2')), { message: 'The model has no part named "layer-2"' });
  await writer.put('layer-2.units-0-4', bytesOf('layer-2.units-0-4'));
  await writer.put('layer-2.units-4-8', bytesOf('layer-2.units-4-8'));
  await t.rejects(writer.commit(), { message: /is not whole yet: layer-1 is missing$/ });
  await writer.put('layer-1', bytesOf('layer-1'));
  await writer.commit();
  t.same(readFileSync(join(root, 'model', 'layer-1.safetensors')), Buffer.from(sliceOf(FIRST)));
  t.same(readFileSync(join(root, 'model', 'layer-2.safetensors')), Buffer.from(sliceOf(SECOND)));
});

t.test('parts that do not fit are refused, and the model with them', async (t) => {
  const root = t.testdir();
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  await t.rejects(writer.cutInto(['layer-1', 'layer-2.units-0-4']), {
    code: 'ERR_CHECKPOINT',
    message: 'The cut of the model lacks units 4 to 7 of layer-2',
  });
  await writer.cutInto(['layer-1', ...namesOf(SECOND, [4])]);
  await t.rejects(writer.put('layer-2.units-0-4', sliceOf(SECOND, { from: 0, to: 5 })), {
    code: 'ERR_CHECKPOINT',
    message: 'layer-2.units-0-4 has weights of 5 × 5, which does not fit units 0 to 3',
  });
  await writer.put('layer-1', bytesOf('layer-1'));
  await writer.put('layer-2.units-0-4', bytesOf('layer-2.units-0-4'));
  await writer.put('layer-2.units-4-8', sliceOf({ ...SECOND, inputs: 6 }, { from: 4, to: 8 }));
  await t.rejects(writer.commit(), {
    code: 'ERR_CHECKPOINT',
    message: 'layer-2.units-4-8 has weights of 4 × 6, which does not fit that of layer-2.units-0-4',
  });
  t.same(readdirSync(root), ['.model.partial']);
  await writer.abandon();
  t.same(readdirSync(root), []);
});

t.test('where a layer does not fit on the disk when it is put together, nothing is left', async (t) => {
  await onSmallDisk(t, async (disk) => {
    const large: TestLayer = { name: 'layer-1', units: 100, inputs: 100 };
    const writer = new ModelWriter(join(disk, 'model'), [large]);
    await writer.cutInto(namesOf(large, [50]));
    for (const range of [
      { from: 0, to: 50 },
      { from: 50, to: 100 },
    ]) {
      await writer.put(`layer-1.units-${range.from}-${range.to}`, sliceOf(large, range));
    }
    const full = { code: 'ERR_RUN_FOLDER', message: /the disk is full/ };
    await t.rejects(writer.commit(), full);
    t.same(readdirSync(disk), []);
    t.notOk(writer.complete, 'and nothing is kept');
    await t.rejects(writer.put('layer-1.units-0-50', sliceOf(large, { from: 0, to: 50 })), full);
  });
});
