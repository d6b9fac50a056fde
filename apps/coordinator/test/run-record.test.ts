import { knownSummary } from '@layerline/datasets';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent, RunEvent } from '@layerline/api';
import { encodeSafetensors, FencedError, readRunState, RunJournal } from '@layerline/checkpoint';
import { applyPreset, makePlan, stagesOf } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { readHistory } from '../src/record/history.js';
import { LogReader } from '../src/record/read-log.js';
import { RunRecord } from '../src/record/run-record.js';
import { evaluation, observation } from './support/metrics.js';

const CONFIG = applyPreset('quick', { layers: [128, 128] });
const PLAN = makePlan(CONFIG, {
  dataset: { name: 'digits', seed: 1 },
  summary: { ...knownSummary('digits'), trainByClass: [1_000], testRows: 100 },
  engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
});
const STEP = 40;
const WEIGHTS = encodeSafetensors([{ name: 'biases', shape: [1, 128], data: new Float32Array(128).fill(1) }]);

function create(t: Test): Promise<RunRecord> {
  return RunRecord.create(t.testdir(), { layerline: '0.1.0', config: CONFIG, plan: PLAN });
}

/** Another coordinator takes the run. */
async function takeOver(t: Test, { folder }: RunRecord): Promise<RunRecord> {
  const record = await RunRecord.resume(folder.path, { config: CONFIG, plan: PLAN }, { takeOver: true });
  t.teardown(() => record.close());
  return record;
}

t.test('a run that fails is noted as such, and its half-written model removed', async (t) => {
  const record = await create(t);
  t.teardown(() => record.close());
  await record.putModel('layer-1', WEIGHTS);
  await record.fail('stopped', new Error('somebody stopped it'));
  t.match(await readRunState(record.folder.path), { state: 'stopped', failure: 'somebody stopped it' });
  t.notOk(existsSync(join(record.folder.path, '.model.partial')));
});

t.test('a run that another coordinator has taken is left as it is when it ends here', async (t) => {
  const older = await create(t);
  const newer = await takeOver(t, older);
  await newer.putModel('layer-1', WEIGHTS);
  await t.rejects(older.abandon(new Error('it was stopped here')), { code: 'ERR_FENCED' });
  t.equal((await readRunState(newer.folder.path)).state, 'running');
  t.ok(existsSync(join(newer.folder.path, '.model.partial')), 'what the newer one is writing stays');
  t.notMatch(new LogReader(newer.folder.log, { lines: 10 }).last(), [/stopped here/]);
});

t.test('a report that another coordinator has overtaken completes no snapshot', async (t) => {
  const older = await create(t);
  t.teardown(() => older.close());
  const told: Error[] = [];
  older.listen({
    snapshotStored: ({ step }) => t.fail(`stored ${step}`),
    snapshotFailed: (step) => t.fail(`failed ${step}`),
    unwritable: (error) => told.push(error),
  });
  const stages = stagesOf(PLAN).map(({ stage }) => stage);
  for (const stage of stages) {
    await older.putSnapshot(STEP, stage, stage.startsWith('layer') ? WEIGHTS : Buffer.from('{}'));
  }
  const newer = await takeOver(t, older);
  await newer.putSnapshot(STEP, 'layer-1', WEIGHTS);
  older.handle({ type: 'snapshot', id: '0.0.1', at: '2026-01-01T00:00:00Z', step: STEP });
  t.ok(told[0] instanceof FencedError);
  // In turn after whatever the report has begun.
  t.same(await older.snapshots.newest(), { snapshot: undefined, damaged: [] });
  t.same(readdirSync(join(newer.snapshots.folder, `.${STEP}.partial`)), ['layer-1']);
});

t.test('a run that is taken while its snapshots are read keeps those of the newer coordinator', async (t) => {
  const older = await create(t);
  t.teardown(() => older.close());
  const { snapshots, folder } = older;
  const newest = snapshots.newest.bind(snapshots);
  snapshots.newest = async () => {
    const found = await newest();
    await (await RunJournal.open(folder.path)).nextIncarnation();
    return found;
  };
  snapshots.rewind = async () => void t.fail('nothing is removed');
  await t.rejects(older.nextLife(), { code: 'ERR_FENCED' });
});

t.test('the history outlives the coordinator, and no rewind cuts it', async (t) => {
  const first = await create(t);
  const at = '2026-01-31T12:00:00.000Z';
  const told: HistoryEvent[] = [
    { type: 'state', id: '0.0.1', at, state: 'running' },
    { type: 'notice', id: '0.0.3', at, sentence: 'a stage has died' },
    { type: 'snapshot-stored', id: '0.0.4', at, step: 3, parts: [{ stage: 'feeder', bytes: 7 }], seconds: 0.25 },
    { type: 'snapshot-failed', id: '0.0.5', at, stage: 'layer-1', step: 6, message: 'the disk is full' },
  ];
  for (const event of told) first.handle(event);
  first.handle(observation(2));
  first.handle({ type: 'log', id: '0.0.6', at, stage: 'layer-1', line: 'not kept there' });
  first.close();
  const second = await takeOver(t, first);
  t.strictSame(second.recorder.history.newest, told);
  t.same([...second.recorder.index.points('layer-1/loss').step], [2]);
  await second.nextLife();
  const rewound = { type: 'rewound', id: '1.0.1', at, step: 0 } as const;
  second.handle(rewound);
  t.strictSame(second.recorder.history.newest, [...told, rewound]);
  t.same([...second.recorder.index.points('layer-1/loss').step], [], 'what it learned is withdrawn');
});

t.test('the next life is told of what was last reported before its snapshot, and of nothing beyond it', async (t) => {
  const first = await create(t);
  const layers = [{ positive: 2, negative: 1, separation: 0.75 }, null];
  const training = (step: number, scope: 'interval' | 'epoch'): RunEvent => ({
    ...{ type: 'training', id: `0.0.${step}`, at: '2026-01-31T12:00:00.000Z', scope, layers },
    ...{ epoch: 1, batch: step, images: step * PLAN.batch, trainSeconds: step },
  });
  first.handle(training(20, 'interval'));
  first.handle(evaluation(30, 0.25));
  first.handle(observation(STEP));
  const stored = new Promise<void>((resolve) =>
    first.listen({
      snapshotStored: () => resolve(),
      snapshotFailed: (step) => t.fail(`failed ${step}`),
      unwritable: (error) => t.fail(error.message),
    }),
  );
  for (const { name, format } of first.snapshots.contents) {
    await first.putSnapshot(STEP, name, format === 'json' ? Buffer.from('{}') : WEIGHTS);
  }
  first.handle({ type: 'snapshot', id: '0.0.41', at: '2026-01-31T12:00:00.000Z', step: STEP });
  await stored;
  first.handle(training(60, 'interval'));
  first.handle(evaluation(70, 0.125));
  first.close();
  const second = await takeOver(t, first);
  const { resume, last } = await second.nextLife();
  t.equal(resume, STEP);
  t.match(last, { training: { images: 20 * PLAN.batch, layers }, evaluation: { testError: 0.25 } });
});

t.test('an older coordinator adds nothing to the history of a run that another has taken', async (t) => {
  const older = await create(t);
  t.teardown(() => older.close());
  const newer = await takeOver(t, older);
  older.handle({ type: 'notice', id: '0.0.1', at: '2026-01-31T12:00:00.000Z', sentence: 'still here' });
  t.same((await readHistory(newer.folder.history)).newest, []);
});

t.test('a run that is complete stays so where its snapshots cannot be removed', async (t) => {
  const record = await create(t);
  t.teardown(() => record.close());
  const elsewhere = join(t.testdirName, 'elsewhere');
  mkdirSync(join(elsewhere, '40'), { recursive: true });
  for (const layer of ['layer-1', 'layer-2']) await record.putModel(layer, WEIGHTS);
  const whole = { epochs: PLAN.epochs, images: 1_000, trainSeconds: 1, evalSeconds: 1 };
  record.handle({ type: 'end', id: '0.0.1', at: '2026-01-01T00:00:00Z', outcome: 'completed', ...whole });
  symlinkSync(elsewhere, record.snapshots.folder);
  t.match(await record.complete(), { outcome: 'completed' });
  t.match(await readRunState(record.folder.path), { state: 'completed' });
  t.match(new LogReader(record.folder.log, { lines: 1 }).last(), [
    { line: /the run is complete, but its snapshots could not be removed: .* is a link/ },
  ]);
  t.same(readdirSync(elsewhere), ['40'], 'what the link leads to stays');
});
