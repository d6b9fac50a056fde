import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { BEFORE_ALL, historyAnswer, runStatus, seriesQuery } from '@layerline/api';
import type { EvaluatorReport, RunEvent, StreamItem } from '@layerline/api';
import { encodeSafetensors, summarizeRun } from '@layerline/checkpoint';
import t from 'tap';
import type { Test } from 'tap';
import { follow } from '../src/events/follow.js';
import type { Followed } from '../src/events/follow.js';
import { readLog } from '../src/record/read-log.js';
import type { Logged } from '../src/record/read-log.js';
import { RunArchive } from '../src/record/run-archive.js';
import { csvOf, evaluationsOf, observationsOf, seriesOf } from '../src/record/series.js';
import type { Kept } from '../src/run-registry.js';
import { BATCH, begunRun, STAGES } from './support/cluster.js';
import type { BegunRun } from './support/cluster.js';
import { observation } from './support/metrics.js';

const LAYER = { positive: 2, negative: 1, separation: 0.75 };
const WEIGHTS = encodeSafetensors([{ name: 'biases', shape: [1, 16], data: new Float32Array(16).fill(1) }]);
const NAMES = 'layer-1/loss,layer-2/weight-norm,test-error';

function report({ node, tasks }: BegunRun, report: EvaluatorReport): void {
  node.event(tasks.at(-1) ?? '', { type: 'report', report });
}

/** Where the plan has the first observations. */
function observedSteps({ plan }: Followed): number[] {
  return [1, 2, 3].map((index) => index * plan.observeEvery);
}

function thirdOf(run: Followed): number {
  return observedSteps(run).at(-1) ?? 0;
}

/** Waits for the next event of a type. */
function next({ run: { run } }: BegunRun, type: RunEvent['type']): Promise<void> {
  return new Promise((resolve) => {
    const leave = run.subscribe((event) => {
      if (event.type !== type) return;
      leave();
      resolve();
    });
  });
}

/** What everybody can ask of a run, its status apart. */
async function answersOf(run: Logged, { index, history }: Kept): Promise<object> {
  let csv = '';
  for await (const piece of csvOf(index, undefined)) csv += piece;
  const whole = { from: 0, most: 100 };
  return {
    series: await seriesOf(index, seriesQuery.parse({ names: NAMES, smoothing: 0.5, points: 2 })),
    observations: await observationsOf(index, whole),
    evaluations: await evaluationsOf(index, whole),
    history: historyAnswer.parse({ events: history }),
    log: readLog(run, { lines: 100 }).last,
    csv,
    plan: run.plan,
  };
}

async function read(items: AsyncIterable<StreamItem>): Promise<StreamItem[]> {
  const found: StreamItem[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function archiveOf(t: Test, { run: { run } }: BegunRun): Promise<RunArchive> {
  const summary = await summarizeRun(dirname(run.record.folder.path), run.id);
  if (summary === undefined) throw new Error('the run has a folder');
  const archive = await RunArchive.open(summary);
  t.teardown(() => archive.close());
  return archive;
}

/** A run that has learned something, has a snapshot, and has said so. */
async function learned(t: Test): Promise<BegunRun> {
  const begun = await begunRun(t);
  const { node, tasks, run } = begun;
  node.begin(tasks);
  await next(begun, 'state');
  const step = thirdOf(run.run);
  for (const observedAt of observedSteps(run.run)) {
    const { id: _, at: __, ...observed } = observation(observedAt);
    report(begun, { ...observed, epoch: 1 });
  }
  const training = {
    type: 'training',
    scope: 'interval',
    epoch: 1,
    batch: step,
    images: step * BATCH,
    trainSeconds: 1.5,
  } as const;
  report(begun, { ...training, layers: [LAYER, LAYER] });
  const stored = next(begun, 'snapshot-stored');
  const { record } = run.run;
  for (const { name, format } of record.snapshots.contents) {
    await record.putSnapshot(step, name, format === 'json' ? Buffer.from('{}') : WEIGHTS);
  }
  report(begun, { type: 'snapshot', step });
  await stored;
  return begun;
}

t.test('the archive of a run that has failed answers what the run did at its end', async (t) => {
  const begun = await learned(t);
  const { run } = begun.run;
  const { index, history } = run.record.recorder;
  const release = index.hold();
  run.abort(Object.assign(new Error('the disk is full'), { code: 'ERR_RUN_FOLDER' }));
  await t.rejects(run.ended);
  const before = readdirSync(run.record.folder.path);
  const archive = await archiveOf(t, begun);
  t.strictSame(
    await answersOf(archive, archive),
    await answersOf(run, { index, history: history.newest, operations: archive.operations, looks: run.record.looks }),
  );
  release();
  const [live, kept] = [run.status(), runStatus.parse(archive.status())];
  t.strictSame(kept, { ...live, processes: [], telemetry: {} }, 'but for processes that left no figures');
  t.match(kept, {
    state: 'ended',
    images: thirdOf(run) * BATCH,
    end: { error: { code: 'ERR_RUN_FOLDER', message: 'the disk is full' } },
  });
  t.match(
    archive.history.find(({ type }) => type === 'snapshot-stored'),
    {
      step: thirdOf(run),
      parts: [{ stage: 'feeder', bytes: 2 }, { stage: 'layer-1', bytes: WEIGHTS.byteLength }, {}, {}],
      seconds: Number,
    },
  );
  const [head, ...events] = await read(follow(archive, BEFORE_ALL));
  t.match(head, { type: 'run', status: { state: 'ended' }, plan: { batch: BATCH } });
  t.same(
    events.map(({ type }) => type),
    ['observation', 'observation', 'observation', 'training', 'ended'],
  );
  t.same(readdirSync(run.record.folder.path), before, 'nothing is written');
});

t.test('the archive of a run with a result tells it, and where it stood', async (t) => {
  const begun = await learned(t);
  const {
    node,
    tasks,
    run: { run },
  } = begun;
  run.steering.stop();
  await node.until(() => node.ordersOf(tasks[0] ?? '').includes('stop'));
  for (const layer of ['layer-1', 'layer-2']) await run.record.putModel(layer, WEIGHTS);
  const end = {
    type: 'end',
    outcome: 'stopped',
    epochs: 0,
    images: (thirdOf(run) + 1) * BATCH,
    trainSeconds: 2,
    evalSeconds: 0,
  } as const;
  report(begun, end);
  for (const task of tasks) {
    node.event(task, { type: 'finished' });
    node.exit(task);
  }
  const result = await run.ended;
  const archive = await archiveOf(t, begun);
  t.strictSame(runStatus.parse(archive.status()), run.status());
  t.match(archive.status(), {
    state: 'ended',
    end: { result },
    images: (thirdOf(run) + 1) * BATCH,
    trainSeconds: 2,
    layers: [LAYER, LAYER],
  });
});

t.test('a run that has gone back stands where its record does, while it goes on and in its archive', async (t) => {
  const begun = await learned(t);
  const { node, tasks, run: followed } = begun;
  const { run } = followed;
  const step = thirdOf(run);
  node.exit(tasks[0] ?? '', 1);
  const again = await node.started(2 * STAGES);
  t.match(run.status(), { images: step * BATCH, trainSeconds: 1.5, layers: [LAYER, LAYER] });
  node.begin(again);
  const position = {
    scope: 'interval',
    epoch: 1,
    batch: step + 1,
    images: (step + 1) * BATCH,
    trainSeconds: 2,
  } as const;
  const told = next(begun, 'training');
  report({ ...begun, tasks: again }, { type: 'training', ...position, layers: [{ ...LAYER, positive: 3 }, LAYER] });
  await told;
  await followed.abort();
  for (const one of [run, await archiveOf(t, begun)]) {
    const { images, trainSeconds, layers } = one.status();
    t.match(
      { images, trainSeconds, layers },
      { images: (step + 1) * BATCH, trainSeconds: 2, layers: [{ positive: 3 }, LAYER] },
    );
  }
});

t.test('a run of an earlier coordinator is asked for like one of this one', async (t) => {
  const begun = await learned(t);
  const {
    coordinator,
    run: { run },
  } = begun;
  const live = await coordinator.runs.kept(run.id);
  t.equal(live.index, run.record.recorder.index);
  await begun.run.abort();
  const ended = await coordinator.runs.kept(run.id);
  t.not(ended.index, live.index, 'what the run had open is closed');
  t.same((await seriesOf(ended.index, seriesQuery.parse({ names: NAMES }))).series[0]?.step, observedSteps(run));
  t.equal(await coordinator.runs.kept(run.id), ended, 'and stays open for the next request');
  for (const id of ['..', '.', '', '../runs', `x/../${run.id}`, 'none']) {
    await t.rejects(coordinator.runs.kept(id), { code: 'ERR_UNKNOWN_RUN' }, id);
  }
});
