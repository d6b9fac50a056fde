import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SnapshotStore } from '../src/index.js';
import { onSmallDisk } from './support/disk.js';
import { bytesOf, NAMES, PARTS, weights } from './support/parts.js';

async function putAll(store: SnapshotStore, step: number, names: readonly string[] = NAMES): Promise<void> {
  for (const name of names) await store.put(step, name, bytesOf(step, name));
}

async function save(store: SnapshotStore, ...steps: number[]): Promise<void> {
  for (const step of steps) {
    await putAll(store, step);
    await store.mark(step, 10 * step);
  }
}

t.test('a snapshot appears when every part and the mark are there, and not before', async (t) => {
  const folder = join(t.testdir(), 'deep', 'snapshots');
  const store = await SnapshotStore.open(folder, PARTS, 2);
  t.strictSame(await store.newest(), { snapshot: undefined, damaged: [] });
  t.same(await store.steps(), []);
  t.notOk(existsSync(folder), 'nothing is made before the first part');
  t.equal(await store.mark(100, 7), undefined);
  t.equal(await store.put(100, 'evaluator', bytesOf(100, 'evaluator')), undefined);
  t.equal(await store.put(100, 'feeder', bytesOf(100, 'feeder')), undefined);
  t.same(readdirSync(folder), ['.100.partial']);
  t.same(await store.steps(), []);
  const stored = await store.put(100, 'layer-1', bytesOf(100, 'layer-1'));
  t.match(stored, { step: 100, metricsLines: 7, seconds: Number });
  t.ok((stored?.seconds ?? 0) > 0);
  t.strictSame(
    stored?.parts,
    ['evaluator', 'feeder', 'layer-1'].map((name) => ({ name, bytes: bytesOf(100, name).byteLength })),
  );
  t.same(readdirSync(folder), ['100']);
  t.strictSame(await store.newest(), { snapshot: { step: 100, metricsLines: 7 }, damaged: [] });
  for (const name of NAMES) t.same(await store.read(100, name), bytesOf(100, name));

  await putAll(store, 200);
  t.same(await store.steps(), [100]);
  t.match(await store.mark(200, 9), { step: 200, metricsLines: 9 }, 'the mark may come last');
  t.same(await store.steps(), [200, 100]);
});

t.test('the manifest says what is in a snapshot', async (t) => {
  const folder = t.testdir();
  await save(await SnapshotStore.open(folder, PARTS, 2), 100);
  t.same(readdirSync(join(folder, '100')).sort(), ['evaluator', 'feeder', 'layer-1', 'manifest.json']);
  const manifest = JSON.parse(readFileSync(join(folder, '100', 'manifest.json'), 'utf8')) as Record<string, unknown>;
  const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
  const { sha256, savedAt, ...content } = manifest;
  t.strictSame(content, {
    format: 'layerline-snapshot.2',
    step: 100,
    metricsLines: 1000,
    parts: NAMES.map((name) => ({ name, file: name, sha256: digest(bytesOf(100, name)) })),
  });
  t.match(savedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.equal(sha256, digest(JSON.stringify({ ...manifest, sha256: undefined })));
});

t.test('parts of several steps may come at the same time, and again', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 5);
  const pieces = [1, 2, 3].flatMap((step) => [
    store.mark(step, 10 * step),
    ...[...NAMES, 'feeder'].map((name) => store.put(step, name, bytesOf(step, name))),
  ]);
  const completed = (await Promise.all(pieces)).filter((snapshot) => snapshot !== undefined);
  t.same(
    completed.map(({ step }) => step),
    [1, 2, 3],
    'each is told once',
  );
  t.same(readdirSync(folder), ['1', '2', '3']);
  for (const step of [1, 2, 3]) t.same(await store.read(step, 'feeder'), bytesOf(step, 'feeder'));
});

t.test('a part that comes again takes the place of the one before until the snapshot is complete', async (t) => {
  const store = await SnapshotStore.open(t.testdir(), PARTS, 2);
  await store.put(100, 'feeder', Buffer.from('"a longer first one, of which nothing stays"'));
  await save(store, 100);
  t.equal(await store.put(100, 'feeder', Buffer.from('"late"')), undefined);
  t.equal(await store.mark(100, 5), undefined);
  t.same(await store.read(100, 'feeder'), bytesOf(100, 'feeder'));
  t.strictSame(await store.newest(), { snapshot: { step: 100, metricsLines: 1000 }, damaged: [] });
});

t.test('what is half-written goes when a newer snapshot is complete, and does not come back', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 2);
  await store.put(100, 'feeder', bytesOf(100, 'feeder'));
  await store.put(300, 'feeder', bytesOf(300, 'feeder'));
  t.same(readdirSync(folder), ['.100.partial', '.300.partial']);
  await save(store, 200);
  t.same(readdirSync(folder), ['.300.partial', '200']);
  await save(store, 100);
  t.same(readdirSync(folder), ['.300.partial', '200']);
  await save(store, 300);
  t.same(readdirSync(folder), ['200', '300']);
});

t.test('snapshots of which one part comes and no other do not pile up', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 2);
  for (let step = 1; step <= 30; step++) await store.put(step, 'feeder', bytesOf(step, 'feeder'));
  const left = Array.from({ length: 8 }, (_, index) => `.${23 + index}.partial`);
  t.same(readdirSync(folder).sort(), left, 'the newest are there');
  await save(store, 31);
  t.same(readdirSync(folder), ['31']);
});

t.test('the newest are kept, and nothing else is touched', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'mine', '0042': {}, '12345678901234567890': {}, '.7': 'mine' });
  const others = readdirSync(folder);
  const store = await SnapshotStore.open(folder, PARTS, 3);
  await save(store, 5, 9, 10, 11);
  t.same(await store.steps(), [11, 10, 9], 'by number, not by letter');
  t.same(readdirSync(folder).sort(), [...others, '9', '10', '11'].sort());
  await save(await SnapshotStore.open(folder, PARTS, 1), 100);
  t.same(readdirSync(folder).sort(), [...others, '100'].sort());
});

t.test('what was not cleared away before is no obstacle', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 1);
  await save(store, 100);
  writeFileSync(join(folder, '.100.removed'), 'in the way');
  await save(store, 200);
  t.same(readdirSync(folder), ['200']);
});

t.test('a rewind forgets what comes after, and it can be written again', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 5);
  await save(store, 100, 200, 300);
  await putAll(store, 400, ['feeder', 'layer-1']);
  await store.mark(400, 5);
  await store.rewind(200);
  t.same(readdirSync(folder), ['100', '200']);
  t.equal(await store.put(400, 'evaluator', bytesOf(400, 'evaluator')), undefined, 'what was there counts no more');
  t.equal(await store.put(200, 'feeder', Buffer.from('"again"')), undefined);
  await save(store, 300);
  t.same(await store.steps(), [300, 200, 100]);
  await store.rewind(undefined);
  t.same(readdirSync(folder), []);
  t.strictSame(await store.newest(), { snapshot: undefined, damaged: [] });
  await save(store, 100);
  t.same(await store.steps(), [100]);
});

t.test('a rewind waits for what is being written, and forgets that too', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 5);
  await save(store, 100);
  const pieces = [...NAMES.map((name) => store.put(200, name, bytesOf(200, name))), store.mark(200, 5)];
  const later = store.rewind(100).then(() => store.newest());
  await Promise.all(pieces);
  t.strictSame(await later, { snapshot: { step: 100, metricsLines: 1000 }, damaged: [] });
  t.same(readdirSync(folder), ['100']);
});

t.test('a store that is needed no more leaves nothing of its own', async (t) => {
  const root = t.testdir({ shared: { 'notes.txt': 'mine' } });
  for (const name of ['own', 'shared', 'never-written']) {
    const store = await SnapshotStore.open(join(root, name), PARTS, 2);
    if (name !== 'never-written') {
      await save(store, 100);
      await store.put(200, 'feeder', bytesOf(200, 'feeder'));
    }
    await store.discard();
  }
  t.same(readdirSync(root), ['shared']);
  t.same(readdirSync(join(root, 'shared')), ['notes.txt']);
});

t.test('what is no part of a snapshot is refused, and leaves nothing', async (t) => {
  const folder = t.testdir();
  const store = await SnapshotStore.open(folder, PARTS, 2);
  for (const name of ['layer-2', '', '..', '../feeder', '__proto__', 'manifest.json']) {
    const refused = { code: 'ERR_CHECKPOINT', message: `A snapshot has no part named "${name}"` };
    await t.rejects(store.put(100, name, Buffer.from('{}')), refused);
  }
  for (const step of [-1, 0.5, NaN, Infinity, 1e21]) {
    await t.rejects(store.put(step, 'feeder', Buffer.from('{}')), {
      code: 'ERR_CHECKPOINT',
      message: `${step} is not a step of a run`,
    });
  }
  t.same(readdirSync(folder), []);
  await t.rejects(store.read(100, 'feeder'), {
    code: 'ERR_CHECKPOINT',
    message: `There is no snapshot at ${join(folder, '100')}`,
  });
  await save(store, 100);
  await t.rejects(store.read(100, 'layer-2'), { message: 'A snapshot has no part named "layer-2"' });
});

t.test('a part that could not be read back is refused, and the snapshot takes a better one', async (t) => {
  const store = await SnapshotStore.open(t.testdir(), PARTS, 2);
  const [json, tensors] = [bytesOf(100, 'feeder'), bytesOf(100, 'layer-1')];
  const header = '{"weights":{"dtype":"F32","shape":[1e300,2],"data_offsets":[0,8]}}';
  const endless = Buffer.concat([
    Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(header),
    Buffer.alloc(8),
  ]);
  const cases: Record<string, [string, Buffer, RegExp]> = {
    'no bytes for weights': ['layer-1', Buffer.alloc(0), /is not a safetensors file/],
    'garbage for weights': ['layer-1', Buffer.from('garbage that is long enough'), /is not a safetensors file/],
    'JSON for weights': ['layer-1', json, /is not a safetensors file/],
    'half of the weights': ['layer-1', tensors.subarray(0, -4), /is damaged/],
    'sizes beyond all bounds': ['layer-1', endless, /is damaged/],
    'no bytes for a state': ['feeder', Buffer.alloc(0), /is damaged: it is not JSON$/],
    'half of a state': ['feeder', json.subarray(0, -1), /is damaged: it is not JSON$/],
    'weights for a state': ['evaluator', tensors, /is damaged: it is not JSON$/],
    'a state that is no text': ['evaluator', Buffer.from([0x22, 0xff, 0x22]), /is damaged: it is not JSON$/],
  };
  for (const [what, [name, bytes, message]] of Object.entries(cases)) {
    const refused = store.put(100, name, bytes);
    await t.rejects(refused, { code: 'ERR_CHECKPOINT', message: new RegExp(`^${name} of the snapshot at step 100 `) });
    await t.rejects(refused, { message }, what);
  }
  t.equal(await store.mark(100, 1), undefined);
  for (const name of ['feeder', 'layer-1']) t.equal(await store.put(100, name, bytesOf(100, name)), undefined);
  t.match(await store.put(100, 'evaluator', bytesOf(100, 'evaluator')), { step: 100, metricsLines: 1 });
  t.same(await store.newest(), { snapshot: { step: 100, metricsLines: 1 }, damaged: [] });
});

t.test('a folder that cannot be read is an error', async (t) => {
  const folder = join(t.testdir({ file: '' }), 'file');
  const refused = { code: 'ERR_CHECKPOINT', message: /^Cannot read the folder of snapshots .*file: ENOTDIR/ };
  await t.rejects(SnapshotStore.open(folder, PARTS, 2), refused);
});

t.test('a snapshot that does not fit on the disk leaves nothing, and the next one may fit', async (t) => {
  await onSmallDisk(t, async (disk) => {
    const full = { name: 'RunFolderError', code: 'ERR_RUN_FOLDER', message: /the disk is full\. Free some space/ };
    const folder = join(disk, 'snapshots');
    const store = await SnapshotStore.open(folder, PARTS, 1);
    await save(store, 100);
    await putAll(store, 200, ['feeder']);
    await t.rejects(store.put(200, 'layer-1', weights(1, 25_000)), full);
    t.same(readdirSync(folder), ['100']);
    await t.rejects(store.put(200, 'evaluator', bytesOf(200, 'evaluator')), full, 'it cannot become whole any more');
    t.equal(await store.mark(200, 5), undefined);
    t.same(readdirSync(folder), ['100']);
    t.strictSame(await store.newest(), { snapshot: { step: 100, metricsLines: 1000 }, damaged: [] });
    await save(store, 300);
    t.same(readdirSync(folder), ['300']);
    await t.rejects(store.put(400, 'layer-1', weights(1, 25_000)), full);
    await store.rewind(300);
    await save(store, 400);
    t.same(readdirSync(folder), ['400'], 'a rewind lets it be tried again');
    await putAll(store, 500);
    await t.rejects(store.put(500, 'layer-1', weights(1, 25_000)), full);
    t.equal(await store.mark(500, 5), undefined, 'nor is it whole without the part that was to be replaced');
    t.same(readdirSync(folder), ['400']);
  });
});
