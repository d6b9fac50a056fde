import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { encodeSafetensors, ModelWriter, readModel, RunFolder, RunJournal, SnapshotStore } from '../src/index.js';

const SOMEBODY = 54_321;
const NOT_ROOT = process.getuid?.() !== 0 && 'only root can give a folder away';
const PRECIOUS = 'precious';
const NAMES = ['feeder', 'evaluator'];
const PARTS = NAMES.map((name) => ({ name, format: 'json' }) as const);
const WEIGHTS = encodeSafetensors([{ name: 'weights', shape: [1, 2], data: Float32Array.of(1, 2) }]);
const LINKS: Record<string, (target: string, path: string) => void> = { symbolic: symlinkSync, hard: linkSync };

/** A folder with a file and a folder that must stay as they are, and what it takes to see that. */
function victimIn(t: Test): { root: string; file: string; folder: string; isUnharmed: () => void } {
  const root = t.testdir({
    file: PRECIOUS,
    victim: { feeder: PRECIOUS, '100': { feeder: PRECIOUS }, '.100.partial': { feeder: PRECIOUS } },
  });
  const [file, folder] = [join(root, 'file'), join(root, 'victim')];
  const isUnharmed = (): void => {
    const files = [file, ...['', '100', '.100.partial'].map((name) => join(folder, name, 'feeder'))];
    for (const each of files) t.equal(readFileSync(each, 'utf8'), PRECIOUS, each);
    t.same(readdirSync(folder, { recursive: true }).length, 5);
  };
  return { root, file, folder, isUnharmed };
}

function leadsElsewhere(path: string): { name: string; code: string; message: string } {
  const message = `${path} is a link, and writing there could change files outside the run: remove it, or name another place`;
  return { name: 'UnsafePathError', code: 'ERR_UNSAFE_PATH', message };
}

async function save(store: SnapshotStore, step: number): Promise<void> {
  for (const name of NAMES) await store.put(step, name, Buffer.from('{}'));
  await store.mark(step, step);
}

for (const [kind, link] of Object.entries(LINKS)) {
  t.test(`a ${kind} link in the place of a file is replaced, and what it leads to stays`, async (t) => {
    const { root, file, isUnharmed } = victimIn(t);
    const run = await RunFolder.create(root, 'run', {});
    const plant = (...names: string[]): void => link(file, join(root, ...names));
    const isOwn = (...names: string[]): void => {
      const found = lstatSync(join(root, ...names));
      t.ok(found.isFile() && found.nlink === 1, join(...names));
    };

    plant('run', 'state.json.partial');
    await run.end({ state: 'stopped' });
    isOwn('run', 'state.json');

    plant('run', '.incarnation-0');
    const journal = await RunJournal.open(run.path);
    t.equal(await journal.nextIncarnation(), 1, 'it is somebody else who has claimed the first');
    plant('run', '.incarnation-1.partial');
    await journal.nextGeneration();
    isOwn('run', 'journal.json');

    const store = await SnapshotStore.open(join(root, 'snapshots'), PARTS, 2);
    mkdirSync(join(root, 'snapshots', '.100.partial'), { recursive: true });
    for (const name of [...NAMES, 'manifest.json']) plant('snapshots', '.100.partial', name);
    await save(store, 100);
    for (const name of [...NAMES, 'manifest.json']) isOwn('snapshots', '100', name);
    t.same(await store.newest(), { snapshot: { step: 100, metricsLines: 100 }, damaged: [] });

    mkdirSync(join(root, 'run', '.model.partial'));
    for (const name of ['layer-1.safetensors', 'manifest.json']) plant('run', '.model.partial', name);
    const model = new ModelWriter(run.model, [{ name: 'layer-1' }]);
    await model.put('layer-1', WEIGHTS);
    await model.commit();
    for (const name of ['layer-1.safetensors', 'manifest.json']) isOwn('run', 'model', name);
    t.ok(await readModel(run.model));
    isUnharmed();
  });
}

t.test('a link that leads to nothing makes nothing there', async (t) => {
  const root = t.testdir();
  const nothing = join(root, 'nothing');
  const run = await RunFolder.create(root, 'run', {});
  for (const name of ['state.json.partial', '.incarnation-0']) {
    symlinkSync(nothing, join(run.path, name));
  }
  await run.end({ state: 'stopped' });
  const journal = await RunJournal.open(run.path);
  t.equal(await journal.nextIncarnation(), 1);
  symlinkSync(nothing, join(run.path, '.incarnation-1.partial'));
  await journal.nextGeneration();
  symlinkSync(nothing, join(root, 'snapshots'));
  const folder = join(root, 'snapshots');
  await t.rejects(SnapshotStore.open(folder, PARTS, 2), leadsElsewhere(folder));
  symlinkSync(nothing, join(run.path, '.model.partial'));
  const model = new ModelWriter(run.model, [{ name: 'layer-1' }]);
  await t.rejects(model.put('layer-1', WEIGHTS), leadsElsewhere(join(run.path, '.model.partial')));
  t.notOk(existsSync(nothing));
});

t.test('a link in the place of the folder of snapshots is not followed', async (t) => {
  const { root, folder, isUnharmed } = victimIn(t);
  const planted = join(root, 'snapshots');
  symlinkSync(folder, planted);
  await t.rejects(SnapshotStore.open(planted, PARTS, 2), leadsElsewhere(planted));
  isUnharmed();

  const other = join(root, 'other');
  const store = await SnapshotStore.open(other, PARTS, 1);
  await save(store, 50);
  await store.put(60, 'feeder', Buffer.from('{}'));
  rmSync(other, { recursive: true });
  symlinkSync(folder, other);
  await t.rejects(store.put(100, 'feeder', Buffer.from('{}')), leadsElsewhere(other));
  await t.rejects(store.put(60, 'evaluator', Buffer.from('{}')), leadsElsewhere(other));
  await t.rejects(store.newest(), leadsElsewhere(other));
  await t.rejects(store.rewind(50), leadsElsewhere(other));
  await t.rejects(store.discard(), leadsElsewhere(other));
  isUnharmed();
});

t.test('a link in the place of a half-written bundle is not followed', async (t) => {
  const { root, folder, isUnharmed } = victimIn(t);
  const snapshots = join(root, 'snapshots');
  const store = await SnapshotStore.open(snapshots, PARTS, 2);
  mkdirSync(snapshots);
  symlinkSync(folder, join(snapshots, '.100.partial'));
  await t.rejects(store.put(100, 'feeder', Buffer.from('{}')), leadsElsewhere(join(snapshots, '.100.partial')));
  isUnharmed();
  await save(store, 200);
  t.same(readdirSync(snapshots), ['200'], 'the link is removed');

  const run = await RunFolder.create(root, 'run', {});
  symlinkSync(folder, join(run.path, '.model.partial'));
  const model = new ModelWriter(run.model, [{ name: 'layer-1' }]);
  await t.rejects(model.put('layer-1', WEIGHTS), leadsElsewhere(join(run.path, '.model.partial')));
  await model.abandon();
  isUnharmed();
});

t.test('a folder of another user is not written to', { skip: NOT_ROOT }, async (t) => {
  const root = t.testdir({ snapshots: {}, other: { '.100.partial': {} } });
  const run = await RunFolder.create(root, 'run', {});
  const theirs = [join(root, 'snapshots'), join(root, 'other', '.100.partial'), run.path];
  for (const folder of theirs) chownSync(folder, SOMEBODY, SOMEBODY);
  const [snapshots = '', partial = '', folder = ''] = theirs;
  const refused = (path: string): { code: string; message: RegExp } => {
    return { code: 'ERR_UNSAFE_PATH', message: new RegExp(`^${path} belongs to another user, `) };
  };
  await t.rejects(SnapshotStore.open(snapshots, PARTS, 2), refused(snapshots));
  const writer = new ModelWriter(join(root, 'other', '100'), [{ name: 'layer-1' }]);
  await t.rejects(writer.put('layer-1', WEIGHTS), refused(partial));
  await t.rejects(RunFolder.open(folder), refused(folder));
});

t.test('a run may be opened by a link of the user, and is known by its own name', async (t) => {
  const root = t.testdir();
  const { path } = await RunFolder.create(root, 'run-1', {});
  symlinkSync('run-1', join(root, 'latest'));
  const run = await RunFolder.open(join(root, 'latest'));
  t.equal(run.id, 'run-1');
  await run.resume();
  const model = new ModelWriter(run.model, [{ name: 'layer-1' }]);
  await model.put('layer-1', WEIGHTS);
  await model.commit();
  t.ok(existsSync(join(path, 'model')));
});

t.test('nobody else can plant anything in a folder of a run, whatever the umask', async (t) => {
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const root = t.testdir();
  const run = await RunFolder.create(root, 'run', {});
  await save(await SnapshotStore.open(run.snapshots, PARTS, 2), 100);
  for (const folder of [run.path, run.snapshots, join(run.snapshots, '100')]) {
    t.equal(lstatSync(folder).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o755, folder);
  }
});
