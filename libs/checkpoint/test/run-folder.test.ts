import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import {
  encodeSafetensors,
  listRuns,
  ModelWriter,
  newRunId,
  readRunConfig,
  RunFolder,
  writerOf,
} from '../src/index.js';
import { onSmallDisk } from './support/disk.js';

const CONFIG = { seed: 1, layers: [500, 500] };

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Of this process, as it is noted. When it began, only Linux tells. */
const WRITER = {
  pid: process.pid,
  host: hostname(),
  ...(process.platform === 'linux' && { born: bornOf('self') }),
};

function bornOf(process: number | 'self'): string {
  const [, started] = /\) \S(?: \S+){18} (\d+)/.exec(readFileSync(`/proc/${process}/stat`, 'utf8')) ?? [];
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${started}`;
}

function stateOf(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as Record<string, unknown>;
}

t.test('a run id sorts by time and does not clash', (t) => {
  const ids = Array.from({ length: 10 }, () => newRunId());
  for (const id of ids) t.match(id, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{4}$/);
  t.ok(new Set(ids).size > 1);
  t.end();
});

t.test('a run folder, from its beginning to its end', async (t) => {
  const root = join(t.testdir(), 'deep', 'runs');
  const folder = await RunFolder.create(root, 'run-1', CONFIG);
  t.equal(folder.path, join(root, 'run-1'));
  t.same(
    [folder.model, folder.metrics, folder.log, folder.snapshots].map((path) => basename(path)),
    ['model', 'metrics.jsonl', 'log.jsonl', 'snapshots'],
  );
  t.same(readdirSync(folder.path).sort(), ['config.json', 'state.json']);
  t.strictSame(await readRunConfig(folder.path), CONFIG);
  t.strictSame(stateOf(folder.path), {
    state: 'running',
    startedAt: folder.startedAt,
    ...WRITER,
  });
  t.match(await listRuns(root), [{ id: 'run-1', folder: folder.path, state: 'running', result: undefined }]);
  await folder.end({ state: 'completed', result: { testAccuracy: 0.97 } });
  const { endedAt, ...state } = stateOf(folder.path);
  t.strictSame(state, {
    state: 'completed',
    result: { testAccuracy: 0.97 },
    startedAt: folder.startedAt,
    ...WRITER,
  });
  t.ok(String(endedAt) >= folder.startedAt);
  t.match(await listRuns(root), [{ id: 'run-1', state: 'completed', result: { testAccuracy: 0.97 } }]);
  t.same(readdirSync(folder.path).sort(), ['config.json', 'state.json']);
});

t.test('a run whose process is gone is opened, resumed and ended', async (t) => {
  const startedAt = '2026-01-31T12:00:00.000Z';
  const died = JSON.stringify({ state: 'running', startedAt, pid: deadPid() });
  const path = join(t.testdir({ 'run-1': { 'state.json': died } }), 'run-1');
  const folder = await RunFolder.open(`${path}/`);
  t.equal(folder.id, 'run-1');
  t.equal(folder.startedAt, startedAt);
  t.equal(readFileSync(join(path, 'state.json'), 'utf8'), died, 'opening writes nothing');
  t.equal(await writerOf(path), undefined);
  await folder.resume();
  t.strictSame(stateOf(path), { state: 'running', startedAt, ...WRITER });
  t.same(await writerOf(path), { pid: process.pid, host: hostname() });
  await folder.end({ state: 'completed', result: { epochs: 3 } });
  t.match(stateOf(path), { state: 'completed', startedAt, result: { epochs: 3 } });
  t.equal(await writerOf(path), undefined);
});

t.test('a run that has ended is resumed as if it had not', async (t) => {
  const { path } = await RunFolder.create(t.testdir(), 'run-1', CONFIG);
  await (await RunFolder.open(path)).end({ state: 'failed', failure: 'the disk is full' });
  const folder = await RunFolder.open(path);
  await folder.resume();
  t.strictSame(stateOf(path), { state: 'running', startedAt: folder.startedAt, ...WRITER });
});

t.test('a folder that is not that of a run is not opened', async (t) => {
  const root = t.testdir({ half: { 'state.json': '{"state":"runn' }, odd: { 'state.json': '{"state":"dancing"}' } });
  for (const name of ['missing', 'half', 'odd'] as const) {
    const path = join(root, name, 'state.json');
    const message = {
      missing: `${join(root, name)} is not the folder of a run: it has no state.json`,
      half: `${path} is damaged: it is not JSON`,
      odd: `${path} is damaged, or from another version: state is wrong`,
    }[name];
    await t.rejects(RunFolder.open(join(root, name)), { code: 'ERR_CHECKPOINT', message });
    await t.rejects(writerOf(join(root, name)), { code: 'ERR_CHECKPOINT', message });
  }
});

t.test('many runs may begin at once in a folder that is not there yet', async (t) => {
  const root = join(t.testdir(), 'a', 'b', 'runs');
  const ids = Array.from({ length: 20 }, (_, index) => `run-${index}`);
  await Promise.all(ids.map((id) => RunFolder.create(root, id, CONFIG)));
  t.same((await listRuns(root)).map(({ id }) => id).sort(), ids.sort());
});

t.test('a run is never written over another', async (t) => {
  const root = t.testdir();
  const first = await RunFolder.create(root, 'run-1', CONFIG);
  await t.rejects(RunFolder.create(root, 'run-1', { other: true }), { code: 'ERR_RUN_FOLDER', message: /in the way/ });
  t.strictSame(await readRunConfig(first.path), CONFIG);
});

t.test('what is in the way of a run stays as it is', async (t) => {
  const root = t.testdir({ file: 'precious', folder: { precious: 'data' }, dangling: t.fixture('symlink', 'nowhere') });
  const inTheWay = {
    name: 'RunFolderError',
    code: 'ERR_RUN_FOLDER',
    message: /a file of that name is in the way\. Name another/,
  };
  await t.rejects(RunFolder.create(join(root, 'file'), 'run-1', CONFIG), inTheWay);
  await t.rejects(RunFolder.create(join(root, 'file', 'deeper'), 'run-1', CONFIG), inTheWay);
  await t.rejects(RunFolder.create(join(root, 'dangling'), 'run-1', CONFIG), inTheWay);
  await t.rejects(RunFolder.create(root, 'folder', CONFIG), inTheWay);
  t.equal(readFileSync(join(root, 'file'), 'utf8'), 'precious');
  t.equal(readFileSync(join(root, 'folder', 'precious'), 'utf8'), 'data');
  t.same(readdirSync(root).sort(), ['dangling', 'file', 'folder']);
});

t.test('a run that cannot begin takes back the folders that it made, and no others', async (t) => {
  const root = t.testdir({ kept: {} });
  const tooLong = 'x'.repeat(300);
  await t.rejects(RunFolder.create(join(root, 'kept', 'new', 'newer'), tooLong, CONFIG), {
    code: 'ERR_RUN_FOLDER',
    message: /ENAMETOOLONG/,
  });
  const circular: { self?: object } = {};
  circular.self = circular;
  await t.rejects(RunFolder.create(join(root, 'kept', 'new'), 'run-1', circular), { code: 'ERR_RUN_FOLDER' });
  t.same(readdirSync(root), ['kept']);
  t.same(readdirSync(join(root, 'kept')), []);
});

t.test('the end of a run that cannot be written is told, and the state from before stays readable', async (t) => {
  const root = t.testdir();
  const folder = await RunFolder.create(root, 'run-1', CONFIG);
  mkdirSync(join(folder.path, 'state.json.partial', 'in the way'), { recursive: true });
  await t.rejects(folder.end({ state: 'completed' }), { code: 'ERR_RUN_FOLDER' });
  t.equal(stateOf(folder.path).state, 'running');
});

t.test('a full disk', async (t) => {
  await onSmallDisk(t, (disk) => fillUp(t, disk));
});

/** Runs out of space on a disk of 64 KiB in all the ways that a run can. */
async function fillUp(t: Test, disk: string): Promise<void> {
  const full = { name: 'RunFolderError', code: 'ERR_RUN_FOLDER', message: /the disk is full\. Free some space/ };

  const folder = await RunFolder.create(disk, 'run-1', CONFIG);
  const writer = new ModelWriter(folder.model, [{ name: 'layer-1' }, { name: 'layer-2' }]);
  const part = (units: number): Uint8Array => {
    return encodeSafetensors([{ name: 'weights', shape: [100, units], data: new Float32Array(100 * units) }]);
  };
  await writer.put('layer-1', part(10));
  await t.rejects(writer.put('layer-2', part(1000)), full);
  t.same(readdirSync(folder.path).sort(), ['config.json', 'state.json']);

  // All but a block for each of the two files and two more.
  writeFileSync(join(disk, 'ballast'), Buffer.alloc((16 - 4) * 4096));
  await t.rejects(RunFolder.create(join(disk, 'deep'), 'run-2', { large: 'x'.repeat(100_000) }), full);
  t.same(readdirSync(disk).sort(), ['ballast', 'run-1']);
  await t.rejects(folder.end({ state: 'completed', result: { large: 'x'.repeat(100_000) } }), full);
  t.equal(stateOf(folder.path).state, 'running');
  t.same(readdirSync(folder.path).sort(), ['config.json', 'state.json']);
}

t.test('runs are listed newest first, with the dead and the damaged as such, and junk is passed over', async (t) => {
  const at = (day: number): string => `2026-01-0${day}T00:00:00.000Z`;
  const state = (content: object): { 'state.json': string } => ({ 'state.json': JSON.stringify(content) });
  const dead = deadPid();
  const root = t.testdir({
    old: state({ state: 'completed', startedAt: at(1), endedAt: at(2), pid: dead, result: { epochs: 3 } }),
    died: state({ state: 'running', startedAt: at(2), pid: dead }),
    alive: state({ state: 'running', startedAt: at(3), pid: process.pid, host: hostname() }),
    failed: state({ state: 'failed', startedAt: at(4), pid: dead, failure: 'the disk is full' }),
    newest: state({ state: 'stopped', startedAt: at(5), pid: dead, later: 'field' }),
    same: state({ state: 'stopped', startedAt: at(5), pid: dead }),
    empty: {},
    'half-written': { 'state.json': '{"state":"runn' },
    'nothing-written': { 'state.json': '' },
    'no-object': { 'state.json': 'null' },
    'no-state': state({ startedAt: at(1), pid: dead }),
    'odd-state': state({ state: 'dancing', startedAt: at(1), pid: dead }),
    'every-process': state({ state: 'running', startedAt: at(1), pid: -1 }),
    'own-group': state({ state: 'running', startedAt: at(1), pid: 0 }),
    'a-folder-for-a-state': { 'state.json': {} },
    '2026-01-03T12-00-00-1a2b': { 'journal.json': '{}' },
    'config-only': { 'config.json': '{}' },
    'notes.txt': 'not a run',
  });
  const runs = await listRuns(root);
  t.same(
    runs.filter(({ startedAt }) => startedAt !== undefined).map(({ id, state }) => [id, state]),
    [
      ['same', 'stopped'],
      ['newest', 'stopped'],
      ['failed', 'failed'],
      ['alive', 'running'],
      ['died', 'died'],
      ['old', 'completed'],
    ],
  );
  const damaged = runs.filter(({ state }) => state === 'damaged');
  const path = (id: string): string => join(root, id, 'state.json');
  const odd = (id: string, field: string): string[] => {
    return [id, `${path(id)} is damaged, or from another version: ${field} is wrong`];
  };
  t.match(damaged.map(({ id, failure }) => [id, failure]).sort(), [
    ['2026-01-03T12-00-00-1a2b', /is not the folder of a run: it has no state\.json$/],
    ['a-folder-for-a-state', /^Cannot read .*a-folder-for-a-state.state\.json: it is a directory, not a plain file$/],
    odd('every-process', 'pid'),
    ['half-written', `${path('half-written')} is damaged: it is not JSON`],
    odd('no-object', 'all of it'),
    odd('no-state', 'state'),
    ['nothing-written', `${path('nothing-written')} is damaged: it is not JSON`],
    odd('odd-state', 'state'),
    odd('own-group', 'pid'),
  ]);
  t.equal(damaged.length + 6, runs.length);
  const order = runs.map(({ id }) => id);
  t.ok(order.indexOf('alive') > order.indexOf('2026-01-03T12-00-00-1a2b'), 'an id tells when a run began');
  t.same(runs.at(-1), {
    id: 'old',
    folder: join(root, 'old'),
    state: 'completed',
    startedAt: at(1),
    endedAt: at(2),
    result: { epochs: 3 },
  });
});

const ONLY_LINUX = process.platform === 'linux' ? false : 'only Linux tells when a process began';

t.test('a process that has got the number of one that is gone is not taken for it', { skip: ONLY_LINUX }, async (t) => {
  const [boot, started] = bornOf(process.ppid).split(' ');
  const parent = { state: 'running', startedAt: '2026-01-31', pid: process.ppid };
  const at = { host: hostname(), born: `${boot} ${started}` };
  const cases: Record<string, [object, boolean]> = {
    'the process itself': [at, true],
    'an older one': [{ ...at, born: `${boot} ${Number(started) - 1}` }, false],
    'one from before the machine was started anew': [{ ...at, born: `another-boot ${started}` }, false],
    'one on another machine': [{ host: 'elsewhere', born: `another-boot ${started}` }, true],
    'one whose version noted no birth': [{ host: hostname() }, true],
    'one whose version noted no machine': [{}, true],
  };
  for (const [what, [noted, isThere]] of Object.entries(cases)) {
    const root = t.testdir({ 'run-1': { 'state.json': JSON.stringify({ ...parent, ...noted }) } });
    const writer = isThere
      ? { pid: process.ppid, host: hostname(), ...('host' in noted && { host: noted.host }) }
      : undefined;
    t.strictSame(await writerOf(join(root, 'run-1')), writer, what);
    t.match(await listRuns(root), [{ state: isThere ? 'running' : 'died', writer }], what);
  }
});

t.test('a folder of runs that is missing has none, and one that is a file is an error', async (t) => {
  const root = t.testdir({ file: '' });
  symlinkSync('file', join(root, 'link'));
  t.same(await listRuns(join(root, 'missing')), []);
  for (const name of ['file', 'link']) {
    await t.rejects(listRuns(join(root, name)), { code: 'ERR_CHECKPOINT', message: /^Cannot read the folder of runs/ });
  }
  t.ok(statSync(join(root, 'file')).isFile());
});

t.test('a config that was changed after the run began is refused, and one of the version before is read', async (t) => {
  const root = t.testdir({ old: { 'config.json': JSON.stringify(CONFIG) } });
  t.strictSame(await readRunConfig(join(root, 'old')), CONFIG);
  const { path } = await RunFolder.create(root, 'run-1', { ...CONFIG, none: undefined, text: 'ü\n"', 7: [1e300, 0.1] });
  const file = join(path, 'config.json');
  const text = readFileSync(file, 'utf8');
  t.strictSame(await readRunConfig(path), { ...CONFIG, text: 'ü\n"', 7: [1e300, 0.1] });
  writeFileSync(file, JSON.stringify(JSON.parse(text)));
  t.match(await readRunConfig(path), CONFIG, 'spaces do not matter');
  for (const [before, after] of [
    ['"seed": 1', '"seed": 2'],
    ['500', '5000'],
    ['"seed": 1', '"seed": 1, "further": true'],
    ['"sha256": "', '"sha256": "0'],
    [/"sha256": ".*"/, '"sha256": null'],
  ] as const) {
    writeFileSync(file, text.replace(before, after));
    t.not(readFileSync(file, 'utf8'), text);
    const message = `${file} has been changed since the run began: bring it back as it was, or begin a new run with these settings`;
    await t.rejects(readRunConfig(path), { code: 'ERR_CHECKPOINT', message });
  }
});

t.test('a folder that is not that of a run has no config', async (t) => {
  const root = t.testdir({ half: { 'config.json': '{"seed":' } });
  for (const name of ['missing', 'half']) {
    await t.rejects(readRunConfig(join(root, name)), {
      code: 'ERR_CHECKPOINT',
      message: `${join(root, name)} is not the folder of a run: it has no readable config.json`,
    });
  }
});
