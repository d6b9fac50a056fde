import { basename } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { makeReference } from '../chaos/verdict.js';
import { json, layerline } from './support/layerline.js';
import { begin, endedAsIfNothingHad, nextSnapshot, pidOf, resultOf } from './support/recovery.js';
import type { Run } from './support/recovery.js';

/** Two blocks of units a layer, or four: some seconds, and some ten snapshots. */
const WIDE = [
  ...['--dataset', 'digits', '--layers', '272,200', '--epochs', '4', '--eval-every', '2', '--snapshot-every', '80'],
];
const REFERENCE = makeReference(WIDE, t.testdir());

interface Operation {
  readonly state: string;
}

/** Runs a command that steers a run, in the folder of the test, which the run is registered in. @returns its output */
async function steer(t: Test, run: Run, command: string, ...args: readonly string[]): Promise<string> {
  const line = [command, basename(run.folder), ...args];
  const { code, stdout, stderr } = await layerline(t, line, { cwd: t.testdirName });
  t.equal(code, 0, `${line.join(' ')}: ${stderr}`);
  return stdout;
}

/** Cuts a layer. The stream is held meanwhile but for what that takes, so that no machine is too fast for it. */
async function scale(t: Test, run: Run, layer: string, shards: number): Promise<void> {
  await steer(t, run, 'pause');
  const said = await steer(t, run, 'scale', layer, '--shards', `${shards}`, '--wait', '--json');
  t.match(JSON.parse(said), { state: 'applied' });
  await steer(t, run, 'resume');
  await nextSnapshot(run);
}

t.test('a run that is cut into shards ends with the weights and metrics of a whole one', async (t) => {
  const run = await begin(t, [...WIDE, '--shards', '4,1']);
  endedAsIfNothingHad(t, run.folder, await resultOf(run), REFERENCE);
});

t.test('layers are cut and put together while the run trains, and a shard is killed', async (t) => {
  const run = await begin(t, WIDE);
  await nextSnapshot(run);
  await scale(t, run, 'layer-1', 4);
  process.kill(await pidOf(run, 'layer-1/3'), 'SIGKILL');
  await scale(t, run, 'layer-2', 2);
  await steer(t, run, 'pause');
  const all = await json<readonly Operation[]>(t, ['operations', basename(run.folder)], { cwd: t.testdirName });
  t.same(
    all.map(({ state }) => state),
    ['applied', 'applied'],
  );
  await steer(t, run, 'scale', 'layer-1', '--shards', '1', '--wait');
  await steer(t, run, 'resume');
  endedAsIfNothingHad(t, run.folder, await resultOf(run), REFERENCE);
});
