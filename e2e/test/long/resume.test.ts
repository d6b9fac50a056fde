import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { makeReference } from '../../chaos/verdict.js';
import { json, layerline, MNIST, start } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { until, within } from '../support/processes.js';
import { begin, endedAsIfNothingHad, nextSnapshot, pidOf, resultOf, SOON_MS, TRAINING } from '../support/recovery.js';
import type { Run } from '../support/recovery.js';
import { isRefusal } from '../support/refusal.js';
import { onlyRun, snapshotSteps } from '../support/run-folder.js';

const REFERENCE = makeReference(TRAINING, t.testdir());
t.jobs = 2;
const AT_ONCE = { buffered: true };
const BEGUN_WITH = ['--snapshot-every', '500'];

const logOf = (folder: string): string => readFileSync(join(folder, 'log.jsonl'), 'utf8');
const metricsOf = (folder: string, name = 'metrics.jsonl'): string => readFileSync(join(folder, name), 'utf8');

/** Ends a run without a word, as a loss of power does. */
async function killed(run: Run): Promise<void> {
  run.command.kill('SIGKILL');
  await run.command.ended;
}

/** Waits for the only snapshot of a run that was begun with few. */
async function onlySnapshot({ folder }: Run): Promise<string> {
  const snapshots = join(folder, 'snapshots');
  return join(snapshots, String(await until('the snapshot', () => snapshotSteps(snapshots)[0])));
}

t.test('a folder of snapshots is the same one from wherever a run is resumed', AT_ONCE, async (t) => {
  const run = await begin(t, ['--snapshot-dir', 'elsewhere']);
  const snapshots = join(run.folder, '..', '..', 'elsewhere', basename(run.folder));
  await until('a snapshot', () => snapshotSteps(snapshots).length > 0);
  await killed(run);
  const result = await json<TrainResult>(t, ['train', '--resume', run.folder], { cwd: '/' });
  t.match(logOf(run.folder), /going on from the snapshot at step \d+/);
  endedAsIfNothingHad(t, run.folder, result, REFERENCE);
});

t.test('a run that has lost its snapshots is not begun anew unless it is told to', AT_ONCE, async (t) => {
  const run = await begin(t);
  // By the second one, the journal knows of the first.
  await nextSnapshot(run);
  await nextSnapshot(run);
  await killed(run);
  rmSync(join(run.folder, 'snapshots'), { recursive: true });
  const metrics = metricsOf(run.folder);
  isRefusal(t, await layerline(t, ['train', '--resume', run.folder, '--quiet']), {
    says: ['had snapshots, but none is left', '--from-start'],
  });
  t.equal(metricsOf(run.folder), metrics, 'nothing is lost by trying');
  const result = await json<TrainResult>(t, ['train', '--resume', run.folder, '--from-start']);
  endedAsIfNothingHad(t, run.folder, result, REFERENCE);
  t.equal(metricsOf(run.folder, 'metrics.1.jsonl'), metrics, 'what was measured before is kept');
});

t.test('a run under way whose snapshots are all damaged begins anew, and says so', AT_ONCE, async (t) => {
  const run = await begin(t, BEGUN_WITH);
  writeFileSync(join(await onlySnapshot(run), 'layer-1'), 'nothing of the kind');
  process.kill(await pidOf(run, 'layer-2'), 'SIGKILL');
  endedAsIfNothingHad(t, run.folder, await resultOf(run), REFERENCE);
  t.match(logOf(run.folder), /a snapshot is passed over: \S+\/500\/layer-1/);
  t.match(logOf(run.folder), 'no snapshot is left: beginning anew, with the metrics so far in metrics.1.jsonl');
  t.not(metricsOf(run.folder, 'metrics.1.jsonl'), '');
});

const WITH_MNIST = { ...AT_ONCE, skip: MNIST === undefined && 'no MNIST here' };
t.test('a run goes on with data that has moved', WITH_MNIST, async (t) => {
  const cwd = t.testdir();
  const [before, after] = [join(cwd, 'before'), join(cwd, 'after')];
  cpSync(MNIST ?? '', before, { recursive: true });
  const network = ['--layers', '20,20', '--epochs', '100000', '--snapshot-every', '50'];
  const data = ['--dataset', 'mnist', '--data-dir', 'before'];
  const command = start(t, ['train', ...network, ...data, '--eval-every', '0', '--quiet'], { cwd });
  const folder = await until('the run folder', () => onlyRun(join(cwd, 'runs')));
  await nextSnapshot({ folder });
  command.kill('SIGINT');
  t.equal((await within('the end', SOON_MS, command.ended)).code, 130);
  renameSync(before, after);
  isRefusal(t, await layerline(t, ['train', '--resume', folder, '--quiet'], { cwd }), {
    says: ['before, which this run has its mnist from, is not there any more', '--data-dir'],
  });
  const again = start(t, ['train', '--resume', folder, '--data-dir', 'after', '--quiet'], { cwd });
  await nextSnapshot({ folder });
  again.kill('SIGINT');
  t.equal((await within('the end', SOON_MS, again.ended)).code, 130);
  t.match(logOf(folder), /going on from the snapshot at step \d+/);
});

t.test('a run can be taken from a process that seems to be at work on it, which then ends', AT_ONCE, async (t) => {
  const run = await begin(t);
  await nextSnapshot(run);
  run.command.kill('SIGSTOP');
  isRefusal(t, await layerline(t, ['train', '--resume', run.folder, '--quiet']), {
    says: [`is already under way, in process ${run.command.pid} on `, '--take-over'],
  });
  const result = await json<TrainResult>(t, ['train', '--resume', run.folder, '--take-over']);
  endedAsIfNothingHad(t, run.folder, result, REFERENCE);
  const metrics = metricsOf(run.folder);
  run.command.kill('SIGCONT');
  const { code, stderr } = await within('the end', SOON_MS, run.command.ended);
  t.equal(code, 1);
  t.match(stderr, /Another coordinator has taken run/);
  t.equal(metricsOf(run.folder), metrics, 'it has written nothing');
  t.ok(existsSync(join(run.folder, 'model')));
});
