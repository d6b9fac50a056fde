import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { overviewsIn } from '../src/record/overview.js';
import { removeRun } from '../src/record/remove-run.js';
import { begunRun, openCoordinator } from './support/cluster.js';

const ENVELOPE = { id: '0.0.1', at: '2026-01-01T00:00:00.000Z', type: 'evaluation', seconds: 1, trainSeconds: 1 };

/** A line of metrics.jsonl. */
function evaluation(epoch: number, testError: number): string {
  return `${JSON.stringify({ ...ENVELOPE, epoch, testError, perLayerError: [testError, null] })}\n`;
}

t.test('of a run, it is said what it was set up as, and the last and the best of its errors', async (t) => {
  const { run } = await begunRun(t);
  const { id, record } = run.run;
  const root = join(record.folder.path, '..');
  const { layers, objective, seed } = record.config;
  const setUp = {
    id,
    state: 'running',
    startedAt: record.folder.startedAt,
    layers,
    objective,
    seed,
    dataset: 'digits',
  };
  t.match(await overviewsIn(root), [{ ...setUp, epochs: null, testError: null, bestTestError: null, endedAt: null }]);
  appendFileSync(
    record.folder.metrics,
    evaluation(1, 0.5) + evaluation(2, 0.25) + evaluation(3, 0.375) + '{"type":"eval',
  );
  t.match(await overviewsIn(root), [{ ...setUp, epochs: 3, testError: 0.375, bestTestError: 0.25 }]);
});

t.test('a damaged run is listed with the reason', async (t) => {
  const root = t.testdir({ damaged: { 'state.json': 'nothing' }, other: {} });
  t.match(await overviewsIn(root), [
    {
      id: 'damaged',
      state: 'damaged',
      failure: /state\.json is damaged/,
      layers: null,
      objective: null,
      testError: null,
    },
  ]);
});

t.test('a run is removed with its snapshots, but not while it is under way', async (t) => {
  const { run, coordinator } = await begunRun(t);
  const { id, record } = run.run;
  const { path } = record.folder;
  const underWay = {
    code: 'ERR_RUN_UNDER_WAY',
    message: `Run ${id} is under way, and nothing was removed: layerline stop ${id} ends it`,
  };
  await t.rejects(removeRun(path), underWay);
  await t.rejects(coordinator.runs.remove(id), underWay);
  run.run.abort(new Error('the test is over'));
  await t.rejects(run.run.ended);
  await coordinator.runs.view(id);
  await coordinator.runs.remove(id);
  t.notOk(existsSync(path));
  t.same(coordinator.runs.all, []);
  await t.rejects(coordinator.runs.view(id), { code: 'ERR_UNKNOWN_RUN' });
});

t.test('nothing but a run of the folder is removed', async (t) => {
  const coordinator = await openCoordinator(t);
  const { root } = coordinator.runs;
  mkdirSync(join(root, 'none'), { recursive: true });
  for (const id of ['none', 'never', '..', '', '.', '../runs']) {
    await t.rejects(coordinator.runs.remove(id), { code: 'ERR_UNKNOWN_RUN' }, id);
  }
  t.ok(existsSync(join(root, 'none')));
});
