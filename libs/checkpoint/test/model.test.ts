import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { encodeSafetensors, hashWeights, ModelWriter, readModel } from '../src/index.js';
import type { ModelPart, NamedTensor } from '../src/index.js';

const NAMES = ['layer-1', 'layer-2'];
const LAYERS = NAMES.map((name) => ({ name }));
const PARTS: ModelPart[] = NAMES.map((name, layer) => ({ name, tensors: tensors(layer) }));

function tensors(layer: number): NamedTensor[] {
  return [
    { name: 'weights', shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, index) => layer + index / 3) },
    { name: 'biases', shape: [1, 3], data: Float32Array.of(layer, -layer, 0.1) },
  ];
}

function bytesOf(layer: number): Uint8Array {
  return encodeSafetensors(tensors(layer));
}

async function writeModel(root: string): Promise<string> {
  const folder = join(root, 'model');
  const writer = new ModelWriter(folder, LAYERS);
  for (const [layer, name] of NAMES.entries()) await writer.put(name, bytesOf(layer));
  await writer.commit();
  return folder;
}

t.test('the hash is the SHA-256 over W and b of each layer, little-endian', (t) => {
  const expected = createHash('sha256');
  for (const { tensors } of PARTS) {
    for (const { data } of tensors) {
      for (const number of data) {
        const bytes = Buffer.alloc(4);
        bytes.writeFloatLE(number);
        expected.update(bytes);
      }
    }
  }
  t.equal(hashWeights(PARTS), expected.digest('hex'));
  t.equal(hashWeights([]), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  t.not(hashWeights(PARTS.toReversed()), hashWeights(PARTS));
  const [first] = PARTS as [ModelPart];
  const shifted = first.tensors.map(({ data, ...tensor }) => ({
    ...tensor,
    data: Float32Array.of(9, ...data).subarray(1),
  }));
  t.equal(hashWeights([{ ...first, tensors: shifted }]), hashWeights([first]), 'also for views');
  t.end();
});

t.test('a model appears when it is whole, and not before', async (t) => {
  const root = t.testdir();
  const folder = join(root, 'model');
  const writer = new ModelWriter(folder, LAYERS);
  t.notOk(writer.complete);
  await writer.put('layer-2', bytesOf(1));
  t.notOk(writer.complete);
  t.notOk(existsSync(folder));
  await t.rejects(writer.commit(), { code: 'ERR_CHECKPOINT', message: /model is not whole yet: layer-1 is missing$/ });
  t.notOk(existsSync(folder));
  await writer.put('layer-1', bytesOf(0));
  t.ok(writer.complete);
  t.notOk(existsSync(folder));
  const manifest = await writer.commit();
  t.same(readdirSync(root), ['model']);
  t.same(readdirSync(folder).sort(), ['layer-1.safetensors', 'layer-2.safetensors', 'manifest.json']);
  t.same(
    manifest.parts.map(({ name }) => name),
    NAMES,
    'in the order of the pipeline',
  );
  t.equal(manifest.weightsSha256, hashWeights(PARTS));
  for (const { file, sha256 } of manifest.parts) {
    t.equal(
      sha256,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    );
  }
  t.strictSame(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')), manifest);
  t.same(await readModel(folder), { manifest, parts: PARTS });
});

t.test('parts that come at the same time, and again, are whole', async (t) => {
  const folder = join(t.testdir(), 'model');
  const writer = new ModelWriter(folder, LAYERS);
  await Promise.all([0, 1, 1, 0, 1].map((layer) => writer.put(NAMES[layer] as string, bytesOf(layer))));
  await writer.commit();
  t.same((await readModel(folder)).parts, PARTS);
});

t.test('a part that is stored again takes the place of the one before', async (t) => {
  const folder = join(t.testdir(), 'model');
  const writer = new ModelWriter(folder, LAYERS);
  await writer.put('layer-1', bytesOf(7));
  await writer.put('layer-2', bytesOf(1));
  t.ok(writer.complete);
  const again = writer.put('layer-1', bytesOf(0));
  t.equal((await writer.commit()).weightsSha256, hashWeights(PARTS), 'also one that is still being written');
  await again;
  t.same((await readModel(folder)).parts, PARTS);
});

t.test('a model that is shown takes nothing more', async (t) => {
  const root = t.testdir();
  const folder = join(root, 'model');
  const writer = new ModelWriter(folder, LAYERS);
  for (const [layer, name] of NAMES.entries()) await writer.put(name, bytesOf(layer));
  await writer.commit();
  const refused = { code: 'ERR_CHECKPOINT', message: /model is complete already$/ };
  await t.rejects(writer.put('layer-1', bytesOf(5)), refused);
  await t.rejects(writer.commit(), refused);
  await writer.abandon();
  t.same(readdirSync(root), ['model']);
  t.same((await readModel(folder)).parts, PARTS);
});

t.test('what is no part of the model is refused, and leaves nothing', async (t) => {
  const root = t.testdir();
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  for (const name of ['layer-3', '', '..', '../layer-1', 'layer-1/../layer-2', '__proto__']) {
    await t.rejects(writer.put(name, bytesOf(0)), {
      code: 'ERR_CHECKPOINT',
      message: `The model has no part named "${name}"`,
    });
  }
  await t.rejects(writer.put('layer-1', Buffer.from('junk')), {
    code: 'ERR_CHECKPOINT',
    message: /^layer-1 is not a safetensors/,
  });
  t.same(readdirSync(root), []);
  for (const name of ['../evil', 'a/b', 'a\\b', '.hidden', '', 'a\0']) {
    t.throws(() => new ModelWriter(join(root, 'model'), [{ name }]), {
      code: 'ERR_CHECKPOINT',
      message: /cannot be named/,
    });
  }
});

t.test('a model that is given up leaves nothing, also of what is still coming', async (t) => {
  const root = t.testdir();
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  await writer.put('layer-1', bytesOf(0));
  t.same(readdirSync(root), ['.model.partial']);
  const coming = writer.put('layer-2', bytesOf(1));
  coming.catch(() => undefined);
  await writer.abandon();
  t.same(readdirSync(root), []);
  await coming.catch(() => undefined);
  await t.rejects(writer.put('layer-2', bytesOf(1)), { code: 'ERR_CHECKPOINT', message: /model was given up$/ });
  t.same(readdirSync(root), []);
  await writer.abandon();
});

t.test('a model that is shown or given up is not kept in memory', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  /** Bytes of arrays that are still referred to. What a collection finds is freed by the end of the next one. */
  const held = (): number => {
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const units = 2 ** 22;
  // Whether it keeps a copy or the very bytes, nobody else has them after that.
  const put = (writer: ModelWriter): Promise<void> =>
    writer.put('layer-1', encodeSafetensors([{ name: 'weights', shape: [1, units], data: new Float32Array(units) }]));
  const before = held();
  for (const end of ['commit', 'abandon'] as const) {
    const writer = new ModelWriter(join(t.testdir(), 'model'), [{ name: 'layer-1' }]);
    await put(writer);
    t.ok(held() - before >= 4 * units, 'its digest is still to be taken');
    await writer[end]();
    t.ok(held() - before < units, end);
    t.same(writer.layers, [{ name: 'layer-1' }], 'the writer is still there');
  }
});

t.test('a model is never written over another', async (t) => {
  const root = t.testdir();
  const folder = await writeModel(root);
  const before = readFileSync(join(folder, 'manifest.json'));
  const writer = new ModelWriter(folder, [{ name: 'layer-1' }]);
  await writer.put('layer-1', bytesOf(5));
  await t.rejects(writer.commit(), { code: 'ERR_RUN_FOLDER', message: /in the way/ });
  t.same(readdirSync(root), ['model']);
  t.same(readFileSync(join(folder, 'manifest.json')), before);
  t.same((await readModel(folder)).parts, PARTS);
});

t.test('a place that cannot be written is told, and nothing is written from then on', async (t) => {
  const root = t.testdir({ '.model.partial': 'a file in the way' });
  const writer = new ModelWriter(join(root, 'model'), LAYERS);
  const refused = { name: 'RunFolderError', code: 'ERR_RUN_FOLDER', message: /a file of that name is in the way/ };
  await t.rejects(writer.put('layer-1', bytesOf(0)), refused);
  t.same(readdirSync(root), []);
  await t.rejects(writer.put('layer-1', bytesOf(0)), refused);
  t.notOk(writer.complete);
  t.same(readdirSync(root), []);
});

t.test('a model that is missing or damaged in any way is refused', async (t) => {
  const cases: Record<string, [(folder: string) => void, RegExp]> = {
    'no model': [(folder) => rmSync(folder, { recursive: true }), /^There is no model at .*model$/],
    'no manifest': [(folder) => rmSync(join(folder, 'manifest.json')), /^There is no model at/],
    'a manifest that is no JSON': [
      (folder) => writeFileSync(join(folder, 'manifest.json'), '{"format":'),
      /is not the manifest of a model/,
    ],
    'another format': [edit((manifest) => ({ ...manifest, format: 'layerline-model.1' })), /is not the manifest/],
    'a part outside': [editPart({ file: '../../etc/passwd' }), /is not the manifest/],
    'a part in a folder': [editPart({ file: 'a/b' }), /is not the manifest/],
    'a digest that is none': [editPart({ sha256: 'x' }), /is not the manifest/],
    'another digest': [
      editPart({ sha256: '0'.repeat(64) }),
      /layer-1\.safetensors is damaged: its SHA-256 is [0-9a-f]{64}, not 0{64}/,
    ],
    'a missing part': [
      (folder) => rmSync(join(folder, 'layer-2.safetensors')),
      /^Cannot read .*layer-2\.safetensors: ENOENT/,
    ],
    'one bit': [
      (folder) => flip(join(folder, 'layer-2.safetensors')),
      /layer-2\.safetensors is damaged: its SHA-256 is/,
    ],
    'a truncated part': [
      (folder) => writeFileSync(join(folder, 'layer-1.safetensors'), bytesOf(0).subarray(0, 50)),
      /is damaged/,
    ],
    'parts in another order': [
      edit(({ parts, ...rest }) => ({ ...rest, parts: parts.toReversed() })),
      /not those of its weightsSha256/,
    ],
    'a part left out': [
      edit(({ parts, ...rest }) => ({ ...rest, parts: parts.slice(1) })),
      /not those of its weightsSha256/,
    ],
  };
  for (const [what, [damage, message]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const folder = await writeModel(t.testdir());
      damage(folder);
      await t.rejects(readModel(folder), { name: 'CheckpointError', code: 'ERR_CHECKPOINT', message });
    });
  }
});

type Manifest = Awaited<ReturnType<ModelWriter['commit']>>;

function edit(change: (manifest: Manifest) => object): (folder: string) => void {
  return (folder) => {
    const path = join(folder, 'manifest.json');
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Manifest)));
  };
}

function editPart(change: Partial<Manifest['parts'][number]>): (folder: string) => void {
  return edit(({ parts: [first, ...others], ...rest }) => ({ ...rest, parts: [{ ...first, ...change }, ...others] }));
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  writeFileSync(path, bytes);
}
