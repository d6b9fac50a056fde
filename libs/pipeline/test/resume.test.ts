import { positionAt } from '@layerline/plan';
import type { PartialRunConfig } from '@layerline/plan';
import { findBlock } from '@layerline/protocol';
import type { Frame } from '@layerline/protocol';
import t from 'tap';
import { ExpectedStream } from '../src/expected-stream.js';
import { FeederRole, openBackend } from '../src/index.js';
import { numberedRows, pictures } from './support/data.js';
import { METHODS } from './support/recipes.js';
import { collect, overTheWire, planOf, reportsOf, train, trainOn } from './support/run.js';

const DATA = pictures(200, 40);
/** Ten batches an epoch. */
const PLAN = { batch: 20, epochs: 3, snapshotEvery: 5, peerNormalization: 0.1 } satisfies PartialRunConfig;
const storeSnapshot = async (): Promise<void> => undefined;

for (const optimizer of ['sgd', 'adam'] as const) {
  await t.test(
    `a run that goes on from any of its snapshots ends as if nothing had happened: ${optimizer}`,
    async (t) => {
      const plan = planOf({ ...PLAN, optimizer }, DATA.train.count);
      const whole = await train(plan, DATA);
      t.same([...whole.snapshots.keys()], [5, 10, 15, 20, 25, 30]);
      const times = { seconds: 0, trainSeconds: 0, evalSeconds: 0 };
      for (const [step, parts] of whole.snapshots) {
        t.same([...parts.keys()].sort(), ['evaluator', 'feeder', 'layer-1', 'layer-2']);
        const { backend, ...options } = plan.engine;
        const rest = await trainOn(await openBackend(backend, options), plan, DATA, undefined, { step, parts });
        t.equal(rest.weightsSha256, whole.weightsSha256, `step ${step}: the same weights`);
        const mark = whole.reports.findIndex((report) => report.type === 'snapshot' && report.step === step);
        const after = whole.reports.slice(mark + 1).filter(({ type }) => type !== 'progress');
        t.same(
          rest.reports.filter(({ type }) => type !== 'progress').map((report) => ({ ...report, ...times })),
          after.map((report) => ({ ...report, ...times })),
          `step ${step}: and the reports that were still to come`,
        );
      }
    },
  );
}

await t.test('a run of every method goes on from its snapshots', async (t) => {
  for (const [name, config] of METHODS) {
    const plan = planOf({ ...PLAN, ...{ peerNormalization: 0, shards: [1, 2], layers: [80, 160] }, ...config }, 200);
    const whole = await train(plan, DATA, overTheWire);
    // In an epoch whose negatives depend on what came before it, and at its end.
    for (const step of [15, 20]) {
      const { backend, ...options } = plan.engine;
      const parts = whole.snapshots.get(step) ?? new Map<string, Uint8Array>();
      const rest = await trainOn(await openBackend(backend, options), plan, DATA, overTheWire, { step, parts });
      t.equal(rest.weightsSha256, whole.weightsSha256, `${name}, from step ${step}`);
    }
  }
});

await t.test('snapshots and where they are taken change no number', async (t) => {
  const weights = await Promise.all(
    [0, 1, 7].map(async (snapshotEvery) => {
      return (await train(planOf({ ...PLAN, snapshotEvery }, DATA.train.count), DATA)).weightsSha256;
    }),
  );
  t.equal(new Set(weights).size, 1);
});

await t.test('time goes on from what was counted before', async (t) => {
  const plan = planOf(PLAN, DATA.train.count);
  const whole = await train(plan, DATA);
  const parts = new Map(whole.snapshots.get(25));
  const state = JSON.parse(new TextDecoder().decode(parts.get('evaluator'))) as Record<string, number>;
  parts.set(
    'evaluator',
    new TextEncoder().encode(JSON.stringify({ ...state, trainMilliseconds: 7e6, evalMilliseconds: 5e6 })),
  );
  const { backend, ...options } = plan.engine;
  const rest = await trainOn(await openBackend(backend, options), plan, DATA, undefined, { step: 25, parts });
  const [end] = reportsOf(rest.reports, 'end');
  t.ok((end?.trainSeconds ?? 0) >= 7000 && (end?.trainSeconds ?? 0) < 7060, `${end?.trainSeconds} s of training`);
  t.ok((end?.evalSeconds ?? 0) >= 5000 && (end?.evalSeconds ?? 0) < 5060, `${end?.evalSeconds} s of evaluation`);
});

await t.test('a snapshot of another plan is refused', async (t) => {
  const whole = await train(planOf(PLAN, DATA.train.count), DATA);
  const other = planOf({ ...PLAN, layers: [130, 90] }, DATA.train.count);
  const { backend, ...options } = other.engine;
  const engine = await openBackend(backend, options);
  const parts = whole.snapshots.get(5) ?? new Map<string, Uint8Array>();
  await t.rejects(trainOn(engine, other, DATA, undefined, { step: 5, parts }), {
    code: 'ERR_CHECKPOINT',
    message: /layer-2 at step 5 has no weights of 90 × 130/,
  });
  await engine.close();
});

await t.test('a step is a place in the stream', (t) => {
  const at = (step: number): number[] => {
    const { epoch, batches } = positionAt(step, { batchesPerEpoch: 10 });
    return [epoch, batches];
  };
  t.same([0, 1, 9, 10, 11, 20, 21].map(at), [
    [1, 0],
    [1, 1],
    [1, 9],
    [1, 10],
    [2, 1],
    [2, 10],
    [3, 1],
  ]);
  t.end();
});

await t.test('orders say when the head sends, and when it takes a snapshot', async (t) => {
  const plan = planOf({ batch: 5, epochs: 1, snapshotEvery: 3, observeEvery: 0 }, 50);
  const steps = (frames: readonly Frame[]): number[] =>
    frames.flatMap((frame) => (frame.kind === 'barrier' && frame.order.type === 'snapshot' ? [frame.order.step] : []));
  const role = (): FeederRole => new FeederRole(plan, numberedRows(50, 7), { storeSnapshot });

  await t.test('one snapshot at a time', async (t) => {
    t.same(steps(await collect(role().transform())), [3], 'none follows one that is not settled');
    const feeder = role();
    const frames: Frame[] = [];
    for await (const frame of feeder.transform()) {
      frames.push(frame);
      if (frame.kind === 'rows' && frame.batch === 4) feeder.handle({ type: 'snapshot-settled', step: 3 });
      if (frame.kind === 'rows' && frame.batch === 7) feeder.handle({ type: 'snapshot-settled', step: 3 });
    }
    t.same(steps(frames), [3, 6], 'one that was settled twice is not another one');
  });

  await t.test('a snapshot that was ordered is taken after the batch under way', async (t) => {
    const feeder = role();
    const frames: Frame[] = [];
    for await (const frame of feeder.transform()) {
      frames.push(frame);
      if (frame.kind === 'rows' && frame.purpose === 'train' && frame.batch === 3) feeder.handle({ type: 'snapshot' });
      feeder.handle({ type: 'snapshot-settled', step: 3 });
    }
    t.same(steps(frames), [3, 4]);
  });

  await t.test('a snapshot that is ordered in a pause is taken, and the pause goes on', async (t) => {
    const feeder = role();
    const frames = feeder.transform();
    const next = async (): Promise<string> => {
      const frame = (await frames.next()).value as Frame;
      if (frame.kind === 'rows') return `${frame.purpose} ${frame.batch}`;
      return frame.order.type === 'snapshot' ? `snapshot ${frame.order.step}` : frame.order.type;
    };
    const times = async (count: number): Promise<string[]> => {
      const seen: string[] = [];
      while (seen.length < count) seen.push(await next());
      return seen;
    };
    t.same(await times(1), ['train 0']);
    feeder.handle({ type: 'pause' });
    const first = next();
    feeder.handle({ type: 'snapshot' });
    t.equal(await first, 'snapshot 1', 'at once');
    const second = next();
    feeder.handle({ type: 'snapshot' });
    feeder.handle({ type: 'snapshot-settled', step: 1 });
    t.equal(await second, 'train 1', 'nothing has changed at step 1, so that a batch goes first');
    t.equal(await next(), 'snapshot 2');
    feeder.handle({ type: 'resume' });
    feeder.handle({ type: 'snapshot-settled', step: 2 });
    t.same((await times(11)).slice(-3), ['train 9', 'epoch-end', 'evaluate']);
  });

  await t.test(
    'an evaluation that is ordered comes after the batch under way, through a pause, and is expected',
    async (t) => {
      const feeder = role();
      const expected = new ExpectedStream(plan, 0, 'feeder');
      const seen: string[] = [];
      for await (const frame of feeder.transform()) {
        expected.accept(frame);
        seen.push(frame.kind === 'rows' ? `${frame.purpose} ${frame.batch}` : frame.order.type);
        if (seen.at(-1) === 'train 1') {
          feeder.handle({ type: 'pause' });
          feeder.handle({ type: 'evaluate' });
        }
        if (frame.kind === 'barrier' && frame.order.type === 'evaluated' && frame.order.epoch === 1) {
          feeder.handle({ type: 'resume' });
        }
      }
      const scores = seen.filter((what) => what.startsWith('score')).slice(0, 7);
      t.same(seen.slice(0, 13), ['train 0', 'train 1', 'evaluate', ...scores, 'evaluated', 'train 2', 'snapshot']);
      t.equal(seen.filter((what) => what === 'evaluate').length, 2, 'this one, and the one at the end');

      const stopped = role();
      const watched = new ExpectedStream(plan, 0, 'feeder');
      const left: string[] = [];
      for await (const frame of stopped.transform()) {
        watched.accept(frame);
        left.push(frame.kind === 'rows' ? `${frame.purpose} ${frame.batch}` : frame.order.type);
        if (left.length === 1) stopped.handle({ type: 'evaluate' });
        if (left.at(-1) === 'score 1') stopped.handle({ type: 'stop' });
      }
      t.same(left, ['train 0', 'evaluate', 'score 0', 'score 1', 'snapshot', 'epoch-end', 'store-model', 'end']);
    },
  );

  await t.test('one that is ordered in an evaluation comes where the run can go on from it', async (t) => {
    const feeder = new FeederRole(
      planOf({ batch: 5, epochs: 2, snapshotEvery: 0, observeEvery: 0 }, 10),
      numberedRows(10, 7),
      {
        storeSnapshot,
      },
    );
    const seen: string[] = [];
    for await (const frame of feeder.transform()) {
      seen.push(frame.kind === 'rows' ? frame.purpose : frame.order.type);
      if (frame.kind === 'barrier' && frame.order.type === 'evaluate' && frame.order.epoch === 1) {
        feeder.handle({ type: 'pause' });
        feeder.handle({ type: 'snapshot' });
      }
      if (frame.kind === 'barrier' && frame.order.type === 'snapshot') {
        t.equal(frame.order.step, 3, 'the end of the epoch before has been sent');
        feeder.handle({ type: 'resume' });
      }
    }
    const passed = seen.filter((type, index) => type !== seen[index - 1]);
    const epoch = ['epoch-end', 'evaluate', 'score', 'evaluated'];
    t.same(passed, ['train', ...epoch, 'train', 'snapshot', 'train', ...epoch, 'store-model', 'end']);
  });

  await t.test('a pause holds back everything, and a stop ends it', async (t) => {
    const feeder = role();
    const frames = feeder.transform();
    await frames.next();
    feeder.handle({ type: 'pause' });
    let passed = false;
    const second = frames.next().then((result) => {
      passed = true;
      return result.value as Frame;
    });
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(passed, false);
    feeder.handle({ type: 'resume' });
    const frame = await second;
    t.equal(frame.kind === 'rows' && frame.batch, 1);
    t.ok(frame.kind === 'rows' && findBlock(frame, 'images', 'f32'));
    feeder.handle({ type: 'pause' });
    const rest = collect(frames);
    feeder.handle({ type: 'stop' });
    t.same(
      (await rest).map((frame) => frame.kind === 'barrier' && frame.order.type),
      ['snapshot', 'epoch-end', 'store-model', 'end'],
    );
  });
});
