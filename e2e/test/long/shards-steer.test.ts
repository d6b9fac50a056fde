import { basename } from 'node:path';
import t from 'tap';
import { makeReference } from '../../chaos/verdict.js';
import { json, layerline } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { begin, endedAsIfNothingHad, nextSnapshot, resultOf } from '../support/recovery.js';

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

t.test('what cannot be is refused, and the run trains on', async (t) => {
  const run = await begin(t, WIDE);
  await nextSnapshot(run);
  const id = basename(run.folder);
  t.equal((await layerline(t, ['pause', id], { cwd: t.testdirName })).code, 0);
  const refused: [readonly string[], number, RegExp][] = [
    [['scale', id, 'layer-2', '--shards', '3'], 2, /layer-2 has 200 units in blocks of 100, .*: 2 shards are the most/],
    [['scale', id, 'layer-2', '--shards', '1'], 1, /nothing to change: layer-2 has one shard already/],
    [['scale', id, 'layer-9', '--shards', '2'], 1, /has no layer-9: it has layer-1, layer-2/],
    [['move', id, 'layer-2', '--to', 'elsewhere'], 1, /layer-2 is placed on elsewhere, which has not joined/],
  ];
  for (const [line, code, message] of refused) {
    const ended = await layerline(t, [...line, ...(line[0] === 'move' ? ['--wait'] : [])], { cwd: t.testdirName });
    t.equal(ended.code, code, line.join(' '));
    t.match(ended.stderr + ended.stdout, message);
  }
  t.equal((await layerline(t, ['resume', id], { cwd: t.testdirName })).code, 0);
  endedAsIfNothingHad(t, run.folder, await resultOf(run), REFERENCE);
});
