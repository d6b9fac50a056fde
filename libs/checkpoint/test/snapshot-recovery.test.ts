import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SnapshotStore } from '../src/index.js';
import { forEachFlip } from './support/damage.js';
import { bytesOf, NAMES, PARTS, weights } from './support/parts.js';
import { startProgram } from './support/programs.js';

const OLDER = { step: 100, metricsLines: 4 };
const NEWER = { step: 200, metricsLines: 8 };

/** Makes a store with two snapshots. */
async function makeStore(folder: string): Promise<SnapshotStore> {
  const store = await SnapshotStore.open(folder, PARTS, 2);
  for (const { step, metricsLines } of [OLDER, NEWER]) {
    for (const name of NAMES) await store.put(step, name, bytesOf(step, name));
    await store.mark(step, metricsLines);
  }
  return store;
}

t.test('whatever a crash leaves of a commit, the store opens with what was whole', async (t) => {
  const partial = (folder: string): string => join(folder, '.200.partial');
  const whole = (folder: string): string => join(folder, '200');
  const hide = (folder: string): void => renameSync(whole(folder), partial(folder));
  const cases: Record<string, [(folder: string) => void, typeof OLDER]> = {
    'before the first byte': [
      (folder) => {
        rmSync(whole(folder), { recursive: true });
        mkdirSync(partial(folder));
      },
      OLDER,
    ],
    'within a part': [
      (folder) => {
        hide(folder);
        for (const name of ['manifest.json', 'layer-1', 'evaluator']) rmSync(join(partial(folder), name));
        writeFileSync(join(partial(folder), 'feeder'), 'fee');
      },
      OLDER,
    ],
    'between two parts': [
      (folder) => {
        hide(folder);
        for (const name of ['manifest.json', 'evaluator']) rmSync(join(partial(folder), name));
      },
      OLDER,
    ],
    'before the manifest': [
      (folder) => {
        hide(folder);
        rmSync(join(partial(folder), 'manifest.json'));
      },
      OLDER,
    ],
    'within the manifest': [
      (folder) => {
        hide(folder);
        writeFileSync(join(partial(folder), 'manifest.json'), '{"format": "layerl');
      },
      OLDER,
    ],
    'before the rename': [hide, OLDER],
    'after the rename': [() => undefined, NEWER],
    'with an older one hidden': [(folder) => renameSync(join(folder, '100'), join(folder, '.100.removed')), NEWER],
    'with an older one half-removed': [
      (folder) => {
        renameSync(join(folder, '100'), join(folder, '.100.removed'));
        rmSync(join(folder, '.100.removed', 'manifest.json'));
      },
      NEWER,
    ],
    'with an even older one not removed yet': [
      (folder) => {
        cpSync(join(folder, '100'), join(folder, '.50.removed'), { recursive: true });
      },
      NEWER,
    ],
  };
  for (const [what, [crash, expected]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const folder = t.testdir();
      await makeStore(folder);
      crash(folder);
      const store = await SnapshotStore.open(folder, PARTS, 2);
      t.strictSame(await store.newest(), { snapshot: expected, damaged: [] });
      t.same(
        readdirSync(folder).filter((name) => name.startsWith('.')),
        [],
        'nothing is left half-written',
      );
      for (const name of NAMES) await store.put(300, name, bytesOf(300, name));
      t.match(await store.mark(300, 12), { step: 300, metricsLines: 12 });
      t.same(await store.steps(), [300, expected.step]);
    });
  }
});

t.test('any byte that has changed is found', async (t) => {
  const folder = t.testdir();
  const store = await makeStore(folder);
  const files = readdirSync(join(folder, '200'));
  t.equal(files.length, NAMES.length + 1);
  let flips = 0;
  let missed: string[] = [];
  for (const file of files) {
    await forEachFlip(join(folder, '200', file), async (what) => {
      flips++;
      const { snapshot, damaged } = await store.newest();
      const found = snapshot?.step === OLDER.step && damaged.length === 1 && damaged[0]?.includes(join(folder, '200'));
      if (!found) missed = [...missed, what];
    });
  }
  t.ok(flips > 500, `${flips} changes`);
  t.same(missed, []);
  t.strictSame(await store.newest(), { snapshot: NEWER, damaged: [] }, 'and nothing where none has');
});

t.test('a damaged snapshot is named and passed over', async (t) => {
  const inside = (act: (snapshot: string) => void) => (folder: string) => act(join(folder, '200'));
  const cases: Record<string, [(folder: string) => void, RegExp]> = {
    'a missing part': [inside((snapshot) => rmSync(join(snapshot, 'layer-1'))), /^Cannot read .*200.layer-1: ENOENT/],
    'a part that was cut off': [
      inside((snapshot) => writeFileSync(join(snapshot, 'layer-1'), 'lay')),
      /200.layer-1 is damaged: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}$/,
    ],
    'a part that has grown': [
      inside((snapshot) => appendFileSync(join(snapshot, 'feeder'), '\0')),
      /200.feeder is damaged/,
    ],
    'an empty part': [inside((snapshot) => writeFileSync(join(snapshot, 'evaluator'), '')), /200.evaluator is damaged/],
    'no manifest': [inside((snapshot) => rmSync(join(snapshot, 'manifest.json'))), /^There is no snapshot at .*200$/],
    'a manifest that is no JSON': [
      inside((snapshot) => writeFileSync(join(snapshot, 'manifest.json'), '{"format":')),
      /200.manifest\.json is not the manifest of a snapshot$/,
    ],
    'an empty manifest': [
      inside((snapshot) => writeFileSync(join(snapshot, 'manifest.json'), '')),
      /200.manifest\.json is not the manifest of a snapshot$/,
    ],
    'the manifest of another step': [
      (folder) => cpSync(join(folder, '100', 'manifest.json'), join(folder, '200', 'manifest.json')),
      /200 holds the snapshot of step 100$/,
    ],
    'a part of another step': [
      (folder) => cpSync(join(folder, '100', 'layer-1'), join(folder, '200', 'layer-1')),
      /200.layer-1 is damaged/,
    ],
    'an empty folder': [
      inside((snapshot) => {
        rmSync(snapshot, { recursive: true });
        mkdirSync(snapshot);
      }),
      /^There is no snapshot at .*200$/,
    ],
    'a file for a folder': [
      inside((snapshot) => {
        rmSync(snapshot, { recursive: true });
        writeFileSync(snapshot, '');
      }),
      /200.manifest\.json is not the manifest of a snapshot$/,
    ],
  };
  for (const [what, [damage, message]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const folder = t.testdir();
      await makeStore(folder);
      damage(folder);
      const store = await SnapshotStore.open(folder, PARTS, 2);
      const { snapshot, damaged } = await store.newest();
      t.strictSame(snapshot, OLDER);
      t.equal(damaged.length, 1);
      t.match(damaged[0], message);
      await store.rewind(snapshot?.step);
      t.same(readdirSync(folder), ['100'], 'a rewind clears it away');
      for (const name of NAMES) await store.put(200, name, bytesOf(200, name));
      const again = await store.mark(200, 8);
      t.strictSame(again, { ...again, ...NEWER }, 'and it can be written again');
      t.same(
        again?.parts.map(({ name, bytes }) => [name, bytes]),
        NAMES.map((name) => [name, bytesOf(200, name).length]),
      );
    });
  }
});

t.test('a part that is as it was written, but never could be read, is passed over too', async (t) => {
  for (const [name, wrong, message] of [
    ['layer-1', 'safetensors', /200.layer-1 is not a safetensors file/],
    ['feeder', 'json', /200.feeder is damaged: it is not JSON$/],
  ] as const) {
    const folder = t.testdir();
    // As a version that looked into no part would have stored it.
    const careless = PARTS.map((part) => {
      return part.name === name ? { ...part, format: wrong === 'json' ? 'safetensors' : 'json' } : part;
    }) as typeof PARTS;
    const older = await SnapshotStore.open(folder, PARTS, 2);
    for (const each of NAMES) await older.put(100, each, bytesOf(100, each));
    await older.mark(100, 4);
    const newer = await SnapshotStore.open(folder, careless, 2);
    const garbage = wrong === 'json' ? weights(1, 2) : Buffer.from('"garbage that is long enough"');
    for (const each of NAMES) await newer.put(200, each, each === name ? garbage : bytesOf(200, each));
    await newer.mark(200, 8);
    const { snapshot, damaged } = await (await SnapshotStore.open(folder, PARTS, 2)).newest();
    t.strictSame(snapshot, OLDER);
    t.equal(damaged.length, 1);
    t.match(damaged[0], message);
  }
});

t.test('where no snapshot is sound, each is named', async (t) => {
  const folder = t.testdir();
  const store = await makeStore(folder);
  for (const step of ['100', '200']) rmSync(join(folder, step, 'feeder'));
  const { snapshot, damaged } = await store.newest();
  t.equal(snapshot, undefined);
  t.match(damaged, [/200.feeder/, /100.feeder/]);
  await t.rejects(store.read(200, 'feeder'), { code: 'ERR_CHECKPOINT', message: /^Cannot read .*200.feeder/ });
  t.same(await store.read(200, 'layer-1'), bytesOf(200, 'layer-1'), 'other parts can be read');
});

t.test('a snapshot of other stages is not taken for one of this run', async (t) => {
  const folder = t.testdir();
  await makeStore(folder);
  const store = await SnapshotStore.open(folder, [...PARTS, { name: 'layer-2', format: 'safetensors' }], 2);
  const { snapshot, damaged } = await store.newest();
  t.equal(snapshot, undefined);
  t.match(damaged[0], /200 lacks layer-2$/);
});

/** What `snapshot-writer` writes. */
const LARGE = NAMES.map((name) => ({ name, format: 'safetensors' }) as const);

t.test('a process that is killed at any instant leaves its newest snapshot whole', async (t) => {
  const folder = t.testdir();
  let reached = 0;
  for (let round = 1; round <= 5; round++) {
    const writer = startProgram('snapshot-writer', folder);
    const ended = once(writer, 'close');
    const first = reached + 1;
    await new Promise<void>((resolve) => {
      writer.on('message', (step: number) => {
        reached = step;
        if (step >= first + round) resolve();
      });
    });
    writer.kill('SIGKILL');
    await ended;
    const store = await SnapshotStore.open(folder, LARGE, 2);
    const { snapshot, damaged } = await store.newest();
    t.same(damaged, []);
    const step = snapshot?.step ?? 0;
    t.ok(step === reached || step === reached + 1, `killed after ${reached}, found ${step}`);
    t.equal(snapshot?.metricsLines, step);
    t.ok((await store.steps()).length <= 3);
    reached = step;
  }
  const store = await SnapshotStore.open(folder, LARGE, 2);
  for (const name of NAMES) t.same(await store.read(reached, name), weights(reached, 12_500));
});
