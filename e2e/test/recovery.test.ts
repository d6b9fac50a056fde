import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeReference } from '../chaos/verdict.js';
import { json } from './support/layerline.js';
import type { TrainResult } from './support/layerline.js';
import { isAlive, within } from './support/processes.js';
import {
  begin,
  endedAsIfNothingHad,
  newestSnapshot,
  nextSnapshot,
  pidOf,
  resultOf,
  SOON_MS,
  TRAINING,
} from './support/recovery.js';
import { readLines } from './support/run-folder.js';

const REFERENCE = makeReference(TRAINING, t.testdir());
t.jobs = 2;
const AT_ONCE = { buffered: true };

t.test('a stage that stands still is ended by its node', AT_ONCE, async (t) => {
  const run = await begin(t);
  await nextSnapshot(run);
  const pid = await pidOf(run, 'layer-1');
  process.kill(pid, 'SIGSTOP');
  const result = await resultOf(run);
  t.notOk(isAlive(pid));
  t.match(run.command.stderr, `layer-1 (pid ${pid}) was killed by SIGKILL`);
  t.match(
    readFileSync(join(run.folder, 'log.jsonl'), 'utf8'),
    /layer-1 did not answer 10 pings in a row, so its node ended it/,
  );
  endedAsIfNothingHad(t, run.folder, result, REFERENCE);
});

t.test('a run that was stopped goes on where it was', AT_ONCE, async (t) => {
  const run = await begin(t);
  await nextSnapshot(run);
  run.command.killGroup('SIGINT');
  t.equal((await within('the end', SOON_MS, run.command.ended)).code, 130);
  t.ok(existsSync(join(run.folder, 'model')));
  const stopped = readLines(join(run.folder, 'metrics.jsonl')).at(-1)?.['images'];
  t.equal(newestSnapshot(run.folder) * 100, stopped, 'with a snapshot of its last batch');
  endedAsIfNothingHad(t, run.folder, await json<TrainResult>(t, ['train', '--resume', run.folder]), REFERENCE);
});
