import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { makeReference, wrongWith } from '../../chaos/verdict.js';
import { json, layerline, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { within } from '../support/processes.js';
import { begin, endedAsIfNothingHad, nextSnapshot, pidOf, resultOf, SOON_MS, TRAINING } from '../support/recovery.js';
import { isRefusal } from '../support/refusal.js';
import { readJson, snapshotSteps } from '../support/run-folder.js';
import { fillDisk, mountDisk } from '../support/system.js';

const REFERENCE = makeReference(TRAINING, t.testdir());
t.jobs = 2;
const AT_ONCE = { buffered: true };

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
    endedAsIfNothingHad(t, run.folder, result, REFERENCE);
  });
}

t.test('a run goes on after a death while its stages start, from its beginning', AT_ONCE, async (t) => {
  const run = await begin(t);
  process.kill(await pidOf(run, 'layer-2'), 'SIGKILL');
  endedAsIfNothingHad(t, run.folder, await resultOf(run), REFERENCE);
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
      says: [/is already under way, in process \d+ on /],
    });
    again.command.kill('SIGKILL');
    await again.command.ended;
    const result = await resultOf({ folder, command: start(t, ['train', '--resume', folder, '--json']) });
    endedAsIfNothingHad(t, folder, result, REFERENCE);
    t.equal(readJson(join(folder, 'state.json'))['state'], 'completed');
    t.equal(readJson(join(folder, 'journal.json'))['incarnation'], 2, 'three commands have had it');
    isRefusal(t, await layerline(t, ['train', '--resume', folder]), { says: ['has completed'] });
  });
}

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
    endedAsIfNothingHad(t, run.folder, await json<TrainResult>(t, ['train', '--resume', run.folder]), REFERENCE);
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
    says: ['was begun with the numerics of "onnx 0.1 c-api 0123"', '--allow-different-numbers'],
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
  const clock = fileURLToPath(new URL('../../../test/support/jumping-clock.mjs', import.meta.url));
  const cwd = t.testdir();
  const env = { NODE_OPTIONS: `--import=${clock}` };
  const result = await json<TrainResult>(t, ['train', ...TRAINING, '--out', 'runs'], { cwd, env });
  t.equal(result.weightsSha256, REFERENCE.weightsSha256);
});

t.test('a run that fails at the same place every time is given up, with a diagnosis', AT_ONCE, async (t) => {
  const poison = fileURLToPath(new URL('../../../test/support/poison.mjs', import.meta.url));
  const run = await begin(t, [], { env: { NODE_OPTIONS: `--import=${poison}` } });
  const { code, stderr } = await within('the end', SOON_MS, run.command.ended);
  t.equal(code, 1);
  t.match(stderr, /Gave up after 8 failures in a row, none of which got beyond training image \d+\. /);
  t.match(stderr, /layer-2 \(pid \d+\) ended with exit code 66/);
});
