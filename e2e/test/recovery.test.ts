import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import { makeReference, wrongWith } from '../chaos/verdict.js';
import { json, layerline, start } from './support/layerline.js';
import type { Command, Options, TrainResult } from './support/layerline.js';
import { isAlive, until, within } from './support/processes.js';
import { isRefusal } from './support/refusal.js';
import { loggedStages, onlyRun, readJson, readLines, snapshotSteps } from './support/run-folder.js';
import { fillDisk, mountDisk } from './support/system.js';

/** A few seconds, and some ten snapshots. */
const TRAINING = [
  ...['--dataset', 'digits', '--layers', '64,64', '--epochs', '4', '--eval-every', '2', '--snapshot-every', '80'],
];
const REFERENCE = makeReference(TRAINING, t.testdir());
/** Where the machine is busy with other tests. */
const SOON_MS = 240_000;
t.jobs = 2;
const AT_ONCE = { buffered: true };

interface Run {
  readonly command: Command;
  readonly folder: string;
}

async function begin(t: Test, args: readonly string[] = [], options: Options = {}): Promise<Run> {
  const cwd = t.testdir();
  const command = start(t, ['train', ...TRAINING, '--out', 'runs', '--json', ...args], { cwd, ...options });
  return { command, folder: await until('the run folder', () => onlyRun(join(cwd, 'runs'))) };
}

/** Waits until a snapshot is there that was not there before. */
async function nextSnapshot({ folder }: Run): Promise<void> {
  const before = newestSnapshot(folder);
  await until('a snapshot', () => newestSnapshot(folder) > before);
}

function newestSnapshot(folder: string): number {
  return snapshotSteps(join(folder, 'snapshots'))[0] ?? 0;
}

/** The process of a stage, as of its newest life. */
function pidOf({ folder }: Run, stage: string): Promise<number> {
  return until(stage, () => loggedStages(folder).get(stage));
}

async function resultOf({ command }: Run): Promise<TrainResult> {
  const { code, stdout, stderr } = await within('the end', SOON_MS, command.ended);
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as TrainResult;
}

function endedAsIfNothingHad(t: Test, folder: string, { weightsSha256 }: TrainResult): void {
  t.equal(wrongWith(folder, weightsSha256, REFERENCE), undefined, 'the same weights and metrics');
  t.notOk(existsSync(join(folder, 'snapshots')), 'no snapshot is left');
}

for (const stage of ['feeder', 'layer-1', 'layer-2', 'evaluator']) {
  t.test(`a run goes on after the death of ${stage}`, AT_ONCE, async (t) => {
    const run = await begin(t);
    await nextSnapshot(run);
    const pid = await pidOf(run, stage);
    process.kill(pid, 'SIGKILL');
    const result = await resultOf(run);
    t.ok(result.restarts >= 1);
    t.match(run.command.stderr, `${stage} (pid ${pid}) was killed by SIGKILL`);
    t.match(readFileSync(join(run.folder, 'log.jsonl'), 'utf8'), /going on from the snapshot at step \d+/);
    endedAsIfNothingHad(t, run.folder, result);
  });
}

t.test('a run goes on after a death while its stages start, from its beginning', AT_ONCE, async (t) => {
  const run = await begin(t);
  process.kill(await pidOf(run, 'layer-2'), 'SIGKILL');
  endedAsIfNothingHad(t, run.folder, await resultOf(run));
});

t.test('a stage that stands still is ended by its node', AT_ONCE, async (t) => {
  const run = await begin(t);
  await nextSnapshot(run);
  const pid = await pidOf(run, 'layer-1');
  process.kill(pid, 'SIGSTOP');
  const result = await resultOf(run);
  t.notOk(isAlive(pid));
  t.match(run.command.stderr, `layer-1 (pid ${pid}) was killed by SIGKILL`);
  t.match(readFileSync(join(run.folder, 'log.jsonl'), 'utf8'), /layer-1 has left 10 pings without an answer/);
  endedAsIfNothingHad(t, run.folder, result);
});

for (const how of ['pipeline', 'single-process']) {
  t.test(`a run whose command was killed is taken up again, twice: ${how}`, AT_ONCE, async (t) => {
    const first = await begin(t, how === 'pipeline' ? [] : ['--single-process']);
    await nextSnapshot(first);
    first.command.kill('SIGKILL');
    await first.command.ended;
    const { folder } = first;
    const again = { folder, command: start(t, ['train', '--resume', folder, '--json']) };
    await nextSnapshot(again);
    // So that it does not end meanwhile.
    again.command.kill('SIGSTOP');
    isRefusal(t, await layerline(t, ['train', '--resume', folder]), {
      says: [/is under way already, in process \d+ on /],
    });
    again.command.kill('SIGKILL');
    await again.command.ended;
    const result = await resultOf({ folder, command: start(t, ['train', '--resume', folder, '--json']) });
    endedAsIfNothingHad(t, folder, result);
    t.equal(readJson(join(folder, 'state.json'))['state'], 'completed');
    t.equal(readJson(join(folder, 'journal.json'))['incarnation'], 2, 'three commands have had it');
    isRefusal(t, await layerline(t, ['train', '--resume', folder]), { says: ['is completed'] });
  });
}

t.test('a run that was stopped goes on where it was', AT_ONCE, async (t) => {
  const run = await begin(t);
  await nextSnapshot(run);
  run.command.killGroup('SIGINT');
  t.equal((await within('the end', SOON_MS, run.command.ended)).code, 130);
  t.ok(existsSync(join(run.folder, 'model')));
  const stopped = readLines(join(run.folder, 'metrics.jsonl')).at(-1)?.['images'];
  t.equal(newestSnapshot(run.folder) * 100, stopped, 'with a snapshot of its last batch');
  endedAsIfNothingHad(t, run.folder, await json<TrainResult>(t, ['train', '--resume', run.folder]));
});

for (const file of ['layer-1', 'evaluator', 'manifest.json']) {
  t.test(`a damaged snapshot is named and passed over for the one before: ${file}`, AT_ONCE, async (t) => {
    const run = await begin(t);
    await nextSnapshot(run);
    await nextSnapshot(run);
    run.command.kill('SIGKILL');
    await run.command.ended;
    const [newest, before] = snapshotSteps(join(run.folder, 'snapshots'));
    const path = join(run.folder, 'snapshots', `${newest}`, file);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(path, bytes);
    endedAsIfNothingHad(t, run.folder, await json<TrainResult>(t, ['train', '--resume', run.folder]));
    const log = readFileSync(join(run.folder, 'log.jsonl'), 'utf8');
    t.match(log, new RegExp(`a snapshot is passed over: \\S+/snapshots/${newest}/${file}`));
    t.match(log, `going on from the snapshot at step ${before}`);
  });
}

t.test('what cannot be resumed is refused in a line', AT_ONCE, async (t) => {
  isRefusal(t, await layerline(t, ['train', '--resume', 'nowhere']), { says: ['There is no run nowhere'] });
  const run = await begin(t);
  await nextSnapshot(run);
  run.command.kill('SIGKILL');
  await run.command.ended;
  isRefusal(t, await layerline(t, ['train', '--resume', run.folder, '--epochs', '3']), {
    code: 2,
    says: ['--epochs: '],
  });
  const journal = join(run.folder, 'journal.json');
  const { sha256: _, ...kept } = readJson(journal);
  const other = { ...kept, numerics: 'onnx 0.1 c-api 0123' };
  const sha256 = createHash('sha256').update(JSON.stringify(other)).digest('hex');
  writeFileSync(journal, JSON.stringify({ ...other, sha256 }));
  isRefusal(t, await layerline(t, ['train', '--resume', run.folder, '--quiet']), {
    says: ['began with the numbers of "onnx 0.1 c-api 0123"', '--allow-different-numbers'],
  });
  const inexact = await json<TrainResult>(t, ['train', '--resume', run.folder, '--allow-different-numbers']);
  t.equal(inexact.exact, false);
});

t.test('a snapshot that cannot be stored ends nothing', AT_ONCE, async (t) => {
  const disk = mountDisk(t, 64);
  if (disk === undefined) return t.pass('this user cannot mount a disk', { skip: true });
  fillDisk(disk);
  const run = await begin(t, ['--snapshot-dir', disk]);
  const result = await resultOf(run);
  t.match(run.command.stderr, /no snapshot at step 80: .*the disk is full/);
  t.equal(wrongWith(run.folder, result.weightsSha256, REFERENCE), undefined);
  return undefined;
});

t.test('a clock that jumps changes no number', AT_ONCE, async (t) => {
  const clock = fileURLToPath(new URL('../../test/support/jumping-clock.mjs', import.meta.url));
  const cwd = t.testdir();
  const env = { NODE_OPTIONS: `--import=${clock}` };
  const result = await json<TrainResult>(t, ['train', ...TRAINING, '--out', 'runs'], { cwd, env });
  t.equal(result.weightsSha256, REFERENCE.weightsSha256);
});

t.test('a run that fails at the same place every time is given up, with a diagnosis', AT_ONCE, async (t) => {
  const poison = fileURLToPath(new URL('../../test/support/poison.mjs', import.meta.url));
  const run = await begin(t, [], { env: { NODE_OPTIONS: `--import=${poison}` } });
  const { code, stderr } = await within('the end', SOON_MS, run.command.ended);
  t.equal(code, 1);
  t.match(stderr, /Gave up after 8 failures in a row, none of which got beyond training image \d+\. /);
  t.match(stderr, /layer-2 \(pid \d+\) ended with exit code 66/);
});
