import { basename } from 'node:path';
import t from 'tap';
import { makeReference } from '../../chaos/verdict.js';
import { json, layerline } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { begin, endedAsIfNothingHad, nextSnapshot } from '../support/recovery.js';

const WIDE = [
  ...['--dataset', 'digits', '--layers', '272,200', '--epochs', '4', '--eval-every', '2', '--snapshot-every', '80'],
];
const REFERENCE = makeReference(WIDE, t.testdir());

t.test('a run that was stopped goes on as it was cut by then', async (t) => {
  const run = await begin(t, WIDE);
  await nextSnapshot(run);
  const scale = ['scale', basename(run.folder), 'layer-1', '--shards', '2', '--wait'];
  t.equal((await layerline(t, scale, { cwd: t.testdirName })).code, 0);
  run.command.killGroup('SIGINT');
  t.equal((await run.command.ended).code, 130);
  const result = await json<TrainResult>(t, ['train', '--resume', run.folder]);
  t.ok(
    result.stages.some(({ stage }) => stage === 'layer-1/2'),
    'with two shards',
  );
  endedAsIfNothingHad(t, run.folder, result, REFERENCE);
});
