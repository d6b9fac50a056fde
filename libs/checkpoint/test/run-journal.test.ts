import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { RunJournal } from '../src/index.js';
import type { Revision } from '../src/index.js';
import { forEachFlip } from './support/damage.js';
import { onSmallDisk } from './support/disk.js';
import { startProgram } from './support/programs.js';

const REVISION: Revision = { number: 1, shards: [1, 4], threads: 1, placement: { 'layer-2.units-0-100': 'node-b' } };

async function take(folder: string): Promise<RunJournal> {
  const journal = await RunJournal.open(folder);
  await journal.nextIncarnation();
  return journal;
}

function lifeOf({ incarnation, generation }: RunJournal): [number, number] {
  return [incarnation, generation];
}

t.test('each coordinator is an incarnation, and each start a generation of it', async (t) => {
  const folder = t.testdir();
  const first = await RunJournal.open(folder);
  t.same(lifeOf(first), [-1, -1]);
  t.equal(first.numerics, undefined);
  t.ok(first.exact);
  t.same(readdirSync(folder), [], 'opening writes nothing');
  t.equal(await first.nextIncarnation(), 0);
  t.same(lifeOf(first), [0, -1]);
  t.equal(await first.nextGeneration(), 0);
  t.equal(await first.nextGeneration(), 1);
  t.same(lifeOf(await RunJournal.open(folder)), [0, 1], 'on disk when it is returned');

  const second = await RunJournal.open(folder);
  t.equal(await second.nextIncarnation(), 1);
  t.same(lifeOf(second), [1, -1]);
  t.same(lifeOf(await RunJournal.open(folder)), [1, -1]);
  t.same(await Promise.all([1, 2, 3].map(() => second.nextGeneration())), [0, 1, 2]);
  t.same(readdirSync(folder).sort(), ['.incarnation-1', 'journal.json']);
});

t.test('the numerics are kept, and a run that was inexact once stays so', async (t) => {
  const folder = t.testdir();
  const journal = await take(folder);
  await journal.setNumerics('aaaa', true);
  t.ok(journal.exact);
  await journal.setNumerics('bbbb', false);
  await journal.setNumerics('aaaa', true);
  await journal.nextGeneration();
  t.equal(journal.numerics, 'aaaa');
  t.notOk(journal.exact);
  const later = await take(folder);
  t.equal(later.numerics, 'aaaa');
  t.notOk(later.exact);
});

t.test('that there has been a snapshot is kept', async (t) => {
  const folder = t.testdir();
  const journal = await take(folder);
  t.notOk(journal.hadSnapshots);
  await journal.noteSnapshot();
  await journal.noteSnapshot();
  await journal.nextGeneration();
  t.ok((await take(folder)).hadSnapshots);
});

t.test('a revision of the plan is written with the generation that begins with it, and kept', async (t) => {
  const folder = t.testdir();
  const journal = await take(folder);
  await journal.nextGeneration();
  t.equal(journal.revision, undefined);
  const path = join(folder, 'journal.json');
  const seen = [readFileSync(path, 'utf8')];
  const writing = journal.nextGeneration(REVISION);
  // A write takes several turns, so that nothing that was ever there is missed.
  for (let isDone = false; !isDone; seen.push(readFileSync(path, 'utf8'))) {
    isDone = await Promise.race([writing.then(() => true), setImmediate(false)]);
  }
  t.equal(await writing, 1);
  t.equal(new Set(seen).size, 2, 'before it there was neither, after it there are both');
  t.strictSame(journal.revision, REVISION);
  t.strictSame((await RunJournal.open(folder)).revision, REVISION, 'on disk when it is returned');

  await journal.nextGeneration();
  await journal.nextGeneration('as before');
  await journal.setNumerics('aaaa', true);
  await journal.noteSnapshot();
  t.strictSame((await RunJournal.open(folder)).revision, REVISION);
  const later = await take(folder);
  t.strictSame([lifeOf(later), later.revision], [[1, -1], REVISION], 'whoever takes the run goes on with it');
  const placement = { 'layer-1': 'c', 3: 'a', evaluator: 'b' };
  await later.nextGeneration({ placement, threads: 1, shards: [2, 2], number: 2 });
  const { revision } = await RunJournal.open(folder);
  t.strictSame(revision, { number: 2, shards: [2, 2], threads: 1, placement }, 'in whatever order its fields are');
});

t.test('a revision that could not be read back is not written', async (t) => {
  const folder = t.testdir();
  const journal = await take(folder);
  await journal.nextGeneration(REVISION);
  const path = join(folder, 'journal.json');
  const before = readFileSync(path, 'utf8');
  const placed = (stages: number): Record<string, string> => {
    return Object.fromEntries(Array.from({ length: stages }, (_, stage) => [`layer-${stage}`, 'a-node-with-a-name']));
  };
  const cases: [Revision, RegExp][] = [
    [{ ...REVISION, number: 0 }, /^This is no revision of a plan: number is wrong$/],
    [{ ...REVISION, number: 1.5 }, /number is wrong$/],
    [{ ...REVISION, shards: [1, 0] }, /shards\.1 is wrong$/],
    [
      { ...REVISION, placement: placed(10_000) },
      /^The plan's revision 1 makes a journal of \d+ bytes.* at most 262144: place/,
    ],
  ];
  for (const [revision, message] of cases) {
    await t.rejects(journal.nextGeneration(revision), { name: 'CheckpointError', code: 'ERR_CHECKPOINT', message });
    t.equal(readFileSync(path, 'utf8'), before);
    t.strictSame([lifeOf(journal), journal.revision], [[0, 0], REVISION]);
  }
  const large = { number: 2, shards: Array.from({ length: 64 }, () => 1024), threads: 1, placement: placed(6_000) };
  t.equal(await journal.nextGeneration(large), 1);
  t.strictSame((await take(folder)).revision, large, 'some thousand stages placed by hand fit');
});

t.test('a journal of the version before, without revisions, is read', async (t) => {
  const content = { format: 'layerline-journal.2', incarnation: 3, generation: 2, numerics: 'aaaa' };
  const rest = { hadSnapshots: true, exact: false };
  const sha256 = createHash('sha256')
    .update(JSON.stringify({ ...content, ...rest }))
    .digest('hex');
  const folder = t.testdir({ 'journal.json': JSON.stringify({ ...content, ...rest, sha256 }, undefined, 2) });
  const journal = await RunJournal.open(folder);
  t.same([lifeOf(journal), journal.numerics, journal.exact, journal.hadSnapshots], [[3, 2], 'aaaa', false, true]);
  t.equal(journal.revision, undefined);
  t.equal(await journal.nextIncarnation(), 4);
  await journal.nextGeneration(REVISION);
  const { numerics, hadSnapshots, revision } = await RunJournal.open(folder);
  t.strictSame([numerics, hadSnapshots, revision], ['aaaa', true, REVISION]);
  t.match(JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8')), { format: 'layerline-journal.3' });

  const revised = JSON.stringify({ ...content, hadSnapshots: true, revision: REVISION, exact: false });
  const resealed = { ...(JSON.parse(revised) as object), sha256: createHash('sha256').update(revised).digest('hex') };
  const other = t.testdir({ 'journal.json': JSON.stringify(resealed) });
  await t.rejects(RunJournal.open(other), { code: 'ERR_CHECKPOINT' }, 'which has none');
});

t.test('a journal that calls the numerics a fingerprint is read', async (t) => {
  const content = { format: 'layerline-journal.1', incarnation: 3, generation: 2, fingerprint: 'aaaa', exact: false };
  const sha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const folder = t.testdir({ 'journal.json': JSON.stringify({ ...content, sha256 }) });
  const journal = await RunJournal.open(folder);
  t.same([lifeOf(journal), journal.numerics, journal.exact], [[3, 2], 'aaaa', false]);
  t.equal(await journal.nextIncarnation(), 4);
  t.equal((await RunJournal.open(folder)).numerics, 'aaaa');

  const other = t.testdir({ 'journal.json': JSON.stringify({ ...content, exact: true, sha256 }) });
  await t.rejects(RunJournal.open(other), { code: 'ERR_CHECKPOINT' }, 'and its seal is checked');
});

t.test('a coordinator whose run was taken is fenced off, and changes nothing any more', async (t) => {
  const folder = t.testdir();
  const older = await take(folder);
  await older.nextGeneration();
  older.verify();
  const newer = await take(folder);
  const before = readFileSync(join(folder, 'journal.json'), 'utf8');
  const fenced = {
    name: 'FencedError',
    code: 'ERR_FENCED',
    message: new RegExp(
      `^Another coordinator has taken run ${basename(folder)} \\(incarnation 1; this one is 0\\): leave`,
    ),
  };
  t.throws(() => older.verify(), fenced);
  await t.rejects(older.nextGeneration(), fenced);
  await t.rejects(older.nextGeneration(REVISION), fenced);
  t.equal(older.revision, undefined);
  await t.rejects(older.setNumerics('aaaa', true), fenced);
  t.same(lifeOf(older), [0, 0]);
  t.equal(readFileSync(join(folder, 'journal.json'), 'utf8'), before);
  newer.verify();
  t.equal(await older.nextIncarnation(), 2, 'it may take the run back');
  t.throws(() => newer.verify(), { code: 'ERR_FENCED', message: /\(incarnation 2; this one is 1\)/ });
});

t.test('coordinators that take a run at the same time get incarnations of their own', async (t) => {
  const folder = t.testdir();
  const journals = await Promise.all(Array.from({ length: 20 }, () => RunJournal.open(folder)));
  const taken = await Promise.all(journals.map((journal) => journal.nextIncarnation()));
  t.equal(new Set(taken).size, 20);
  for (const journal of journals) {
    if (journal.incarnation === Math.max(...taken)) journal.verify();
    else t.throws(() => journal.verify(), { code: 'ERR_FENCED' });
  }
});

t.test('so do those in processes of their own', async (t) => {
  const folder = t.testdir();
  const takers = Array.from({ length: 4 }, () => startProgram('journal-taker', folder));
  const taken = await Promise.all(takers.map(async (taker) => (await once(taker, 'message')) as [number[]]));
  const incarnations = taken.flatMap(([incarnations]) => incarnations);
  t.equal(incarnations.length, 40);
  t.equal(new Set(incarnations).size, 40);
  t.equal((await take(folder)).incarnation, Math.max(...incarnations) + 1);
});

t.test('no incarnation comes again, even when a fenced coordinator writes at the last moment', async (t) => {
  const folder = t.testdir();
  const oldest = await take(folder);
  const stale = readFileSync(join(folder, 'journal.json'));
  await take(folder);
  const newest = await take(folder);
  writeFileSync(join(folder, 'journal.json'), stale);
  newest.verify();
  t.throws(() => oldest.verify(), { code: 'ERR_FENCED', message: /\(incarnation 2; this one is 0\)/ });
  t.equal(await newest.nextGeneration(), 0);
  t.same(lifeOf(await RunJournal.open(folder)), [2, 0]);
  writeFileSync(join(folder, 'journal.json'), stale);
  t.equal((await take(folder)).incarnation, 3);
});

t.test('whatever a crash leaves, the run can be taken', async (t) => {
  const cases: Record<string, [(folder: string) => void, number]> = {
    'a claim, and nothing written': [(folder) => writeFileSync(join(folder, '.incarnation-1'), ''), 2],
    'a claim, and half of what was to be written': [
      (folder) => {
        writeFileSync(join(folder, '.incarnation-1'), '');
        writeFileSync(join(folder, '.incarnation-1.partial'), '{"format": "laye');
      },
      2,
    ],
    'no claim, as in a copy of the visible files': [(folder) => rmSync(join(folder, '.incarnation-0')), 1],
  };
  for (const [what, [crash, next]] of Object.entries(cases)) {
    await t.test(what, async (t) => {
      const folder = t.testdir();
      await (await take(folder)).setNumerics('aaaa', false);
      crash(folder);
      const journal = await take(folder);
      t.equal(journal.incarnation, next);
      t.equal(journal.numerics, 'aaaa');
      t.notOk(journal.exact);
      t.same(readdirSync(folder).sort(), [`.incarnation-${next}`, 'journal.json']);
    });
  }
});

t.test('any byte of the journal that has changed is found', async (t) => {
  const folder = t.testdir();
  const taken = await take(folder);
  await taken.setNumerics('aaaa', true);
  await taken.nextGeneration(REVISION);
  const path = join(folder, 'journal.json');
  let missed: string[] = [];
  await forEachFlip(path, async (what) => {
    const error: unknown = await RunJournal.open(folder).catch((error: unknown) => error);
    if ((error as { code?: string }).code !== 'ERR_CHECKPOINT') missed = [...missed, what];
  });
  t.same(missed, []);
  const open = await RunJournal.open(folder);
  for (const content of ['', '{"format":', 'null', '{}']) {
    writeFileSync(path, content);
    const damaged = { code: 'ERR_CHECKPOINT', message: `${path} is damaged: it does not say which life the run is in` };
    await t.rejects(RunJournal.open(folder), damaged);
    await t.rejects(open.nextGeneration(), damaged);
    await t.rejects(open.nextIncarnation(), damaged);
    t.equal(readFileSync(path, 'utf8'), content);
  }
});

t.test('a journal that cannot be read or written is an error', async (t) => {
  const root = t.testdir({ run: { 'journal.json': {} } });
  await t.rejects(RunJournal.open(join(root, 'run')), {
    code: 'ERR_CHECKPOINT',
    message: /^Cannot read .*: it is a directory, not a plain file$/,
  });
  const journal = await RunJournal.open(join(root, 'missing'));
  await t.rejects(journal.nextIncarnation(), { code: 'ERR_RUN_FOLDER' });
});

t.test('on a full disk a run cannot be taken, and whoever has it keeps it', async (t) => {
  await onSmallDisk(t, async (disk) => {
    const older = await take(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(60 * 1024));
    const newer = await RunJournal.open(disk);
    await t.rejects(newer.nextIncarnation(), { code: 'ERR_RUN_FOLDER', message: /the disk is full/ });
    t.same(readdirSync(disk).sort(), ['.incarnation-0', 'ballast', 'journal.json']);
    older.verify();
    await t.rejects(older.nextGeneration(), { code: 'ERR_RUN_FOLDER', message: /the disk is full/ });
    t.same(lifeOf(older), [0, -1]);
    rmSync(join(disk, 'ballast'));
    t.equal(await older.nextGeneration(), 0);
  });
});
